/** Stands in for the parser of HTML in Markdown: HTML stays text. */
export default function noHtml() {
  return undefined;
}
