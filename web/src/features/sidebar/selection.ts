/** Several conversations selected at once. A conversation may have two rows; it is selected in both. */
import type { Row } from "./rows";

export interface Selection {
  /** Of conversations. */
  readonly ids: ReadonlySet<string>;
  /** The key of the row from which a range is drawn. */
  readonly anchor: string | undefined;
}

export const NOTHING: Selection = { ids: new Set(), anchor: undefined };

/** With one conversation more, or without it; the next range begins here. */
export function toggled({ ids }: Selection, key: string, id: string): Selection {
  const others = [...ids].filter((other) => other !== id);
  return { ids: new Set(ids.has(id) ? others : [...others, id]), anchor: key };
}

/** All from where the range began, or else from `start`, to a row: these and no other. */
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
