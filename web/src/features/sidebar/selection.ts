/** A selection of several conversations. A conversation with two rows is selected in both. */
import type { Row } from "./rows";

export interface Selection {
  /** Conversation ids. */
  readonly ids: ReadonlySet<string>;
  /** The key of the row where a range starts. */
  readonly anchor: string | undefined;
}

export const NOTHING: Selection = { ids: new Set(), anchor: undefined };

/** Toggle a conversation; the next range starts here. */
export function toggled({ ids }: Selection, key: string, id: string): Selection {
  const others = [...ids].filter((other) => other !== id);
  return { ids: new Set(ids.has(id) ? others : [...others, id]), anchor: key };
}

/** Select exactly the range from its start, or from `start`, to a row. */
export function extended({ anchor }: Selection, rows: readonly Row[], start: string | undefined, key: string): Selection {
  const from = [anchor, start, key].find((candidate) => rows.some((row) => row.key === candidate)) ?? key;
  const ends = [from, key].map((end) => rows.findIndex((row) => row.key === end)).toSorted((a, b) => a - b);
  return { ids: new Set(conversations(rows.slice(ends[0], (ends[1] ?? -1) + 1))), anchor: from };
}

export function everything(rows: readonly Row[]): Selection {
  return { ids: new Set(conversations(rows)), anchor: undefined };
}

function conversations(rows: readonly Row[]): readonly string[] {
  return rows.flatMap((row) => (row.kind === "conversation" ? [row.conversation.id] : []));
}
