/**
 * The locale of a language: the first of the browser's preferred languages that matches, such as `en-GB`.
 * It is used for dates and numbers.
 */
export function localeOf(language: string, preferred: readonly string[]): string {
  return preferred.find((name) => name === language || name.startsWith(`${language}-`)) ?? language;
}
