const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A readable number of bytes, such as "3.4 MB". */
export function fileSize(bytes: number, language?: string): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return (bytes / 1000 ** power).toLocaleString(language, {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: power > 1 ? 1 : 0,
  });
}
