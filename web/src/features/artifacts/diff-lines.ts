/** A unified diff as numbered lines. */
export interface DiffLine {
  readonly kind: "same" | "added" | "removed" | "gap";
  /** Line numbers in the old and the new text, from 1. */
  readonly old?: number;
  readonly new?: number;
  readonly text: string;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** The lines of a diff, with gaps between hunks that are not adjacent. */
export function diffLines(text: string): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let old = 0;
  let now = 0;
  let inside = false;
  for (const line of text.split("\n")) {
    const hunk = HUNK.exec(line);
    if (hunk) {
      [old, now] = [Number(hunk[1]), Number(hunk[2])];
      if (inside || old > 1) lines.push({ kind: "gap", old, new: now, text: "" });
      inside = true;
    } else if (inside && line !== "") {
      const text = line.slice(1);
      if (line.startsWith("+")) lines.push({ kind: "added", new: now++, text });
      else if (line.startsWith("-")) lines.push({ kind: "removed", old: old++, text });
      else if (line.startsWith(" ")) lines.push({ kind: "same", old: old++, new: now++, text });
    }
  }
  return lines;
}
