/** A part of a text, and whether it is highlighted. */
export interface HighlightSpan {
  readonly at: number;
  readonly text: string;
  readonly marked: boolean;
}

/** Split a text at its highlights. Offsets count code points, as on the server. */
export function highlightSpans(text: string, marks: readonly (readonly number[])[]): readonly HighlightSpan[] {
  const characters = [...text];
  const spans: HighlightSpan[] = [];
  let at = 0;
  const add = (end: number, marked: boolean) => {
    if (end <= at) return;
    spans.push({ at, text: characters.slice(at, end).join(""), marked });
    at = end;
  };
  const ordered = marks.map(([start = 0, end = 0]) => ({ start, end })).toSorted((a, b) => a.start - b.start);
  for (const { start, end } of ordered) {
    add(Math.min(start, characters.length), false);
    add(Math.min(end, characters.length), true);
  }
  add(characters.length, false);
  return spans;
}
