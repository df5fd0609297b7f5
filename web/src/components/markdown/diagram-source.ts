/**
 * What of a diagram's source may be drawn. The library draws into the page before the drawing becomes a picture, so a source
 * that settings, styles or pictures from elsewhere could come with is left as text.
 */

/** Settings at the beginning: as front matter, or as directives anywhere. */
const FRONT_MATTER = /^\s*---\r?\n[\s\S]*?\r?\n---\s*?(?:\r?\n|$)/;
const DIRECTIVE = /%%\{[\s\S]*?\}%%/g;
/** An address in a style, a picture or an icon in a node. */
const FOREIGN = /url\s*\(|@import|\\[0-9a-f]|@\{[^}]*\b(?:img|icon)\b/i;

/** The source without settings; undefined if it is not to be drawn. */
export function drawable(source: string): string | undefined {
  const plain = source.replace(FRONT_MATTER, "").replaceAll(DIRECTIVE, "");
  return FOREIGN.test(plain) || plain.includes("%%{") ? undefined : plain;
}
