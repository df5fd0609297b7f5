const NUMBER = /^[+-]?\d[\d.,]*%?$/;

/** A table in the form of RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe, so it stays text. */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function quoted(cell: string): string {
  const text = /^[=+\-@\t\r]/.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
