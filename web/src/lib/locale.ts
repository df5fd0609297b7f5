/**
 * A language in the variety that a browser's person reads, such as British English: the first that they prefer of it.
 * Dates and numbers are written so.
 */
export function localeOf(language: string, preferred: readonly string[]): string {
  return preferred.find((name) => name === language || name.startsWith(`${language}-`)) ?? language;
}
