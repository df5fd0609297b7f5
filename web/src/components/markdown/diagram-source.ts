/**
 * Checks the source of a diagram. Mermaid draws into the page before the result becomes an image, so a source that could
 * load settings, styles or images from elsewhere stays text.
 */

/** Settings, as front matter or as directives. */
const FRONT_MATTER = /^\s*---\r?\n[\s\S]*?\r?\n---\s*?(?:\r?\n|$)/;
const DIRECTIVE = /%%\{[\s\S]*?\}%%/g;
/** A URL in a style, an image or an icon. */
const FOREIGN = /url\s*\(|@import|\\[0-9a-f]|@\{[^}]*\b(?:img|icon)\b/i;

/** The source without settings, or undefined if it must not be drawn. */
export function drawable(source: string): string | undefined {
  const plain = source.replace(FRONT_MATTER, "").replaceAll(DIRECTIVE, "");
  return FOREIGN.test(plain) || plain.includes("%%{") ? undefined : plain;
}
