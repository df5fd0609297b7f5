/** Parses CSV (RFC 4180) with commas, semicolons or tabs. */

const DELIMITERS = [",", ";", "\t"] as const;
/** Characters used to detect the delimiter. */
const SAMPLE = 5_000;

export interface Table {
  readonly rows: readonly (readonly string[])[];
  /** Whether there are more rows. */
  readonly cut: boolean;
}

/** The first rows of a table; empty lines are skipped. */
export function readTable(text: string, most: number): Table {
  const delimiter = delimiterOf(text.slice(0, SAMPLE));
  const rows: (readonly string[])[] = [];
  for (const row of rowsIn(text, delimiter)) {
    if (row.length === 1 && row[0] === "") continue;
    if (rows.length === most) return { rows, cut: true };
    rows.push(row);
  }
  return { rows, cut: false };
}

/** The most frequent delimiter of the first line. */
function delimiterOf(sample: string): string {
  const [first = ""] = sample.replaceAll(/"(?:[^"]|"")*"/g, "").split("\n");
  const count = (delimiter: string) => first.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best), DELIMITERS[0]);
}

function* rowsIn(text: string, delimiter: string): Generator<readonly string[]> {
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const { cell, end } = cellAt(text, at, delimiter);
    row.push(cell);
    if (text[end] === delimiter) {
      at = end + 1;
      if (at < text.length) continue;
      row.push("");
    } else at = text.startsWith("\r\n", end) ? end + 2 : end + 1;
    yield row;
    row = [];
  }
}

function cellAt(text: string, start: number, delimiter: string): { cell: string; end: number } {
  let cell = "";
  let at = start;
  if (text[start] === '"') {
    for (;;) {
      const quote = text.indexOf('"', at + 1);
      if (quote < 0) return { cell: cell + text.slice(at + 1), end: text.length };
      cell += text.slice(at + 1, quote);
      at = quote + 1;
      if (text[at] !== '"') break;
      cell += '"';
    }
  }
  let end = at;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
  return { cell: cell + text.slice(at, end), end };
}
