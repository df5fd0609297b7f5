/** Join several exports: one header, the records without duplicates, and an end record with their count. */
export function joinExports(files: readonly string[]): string {
  const lines = files.map((file) => file.trimEnd().split("\n"));
  const records = new Set(lines.flatMap((file) => file.slice(1, -1)));
  return [lines[0]?.[0], ...records, JSON.stringify({ kind: "end", records: records.size }), ""].join("\n");
}
