/** Replaces the HTML parser for Markdown: HTML stays text. */
export default function noHtml() {
  return undefined;
}
