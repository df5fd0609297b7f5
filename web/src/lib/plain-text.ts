/** Markdown as plain text for an excerpt: without syntax and tags. Marks inside a word stay. */

type Marks = readonly (readonly number[])[];

const ADDRESS = String.raw`\((?:https?:|mailto:|[#/.])[^()\s]*(?: "[^"\n]*")?\)`;
const SIGNS = new RegExp(
  [
    // Rules and code fences.
    String.raw`^[ \t]*[|:=*_ \t-]{3,}$`,
    String.raw`^[ \t]*(?:\x60{3,}|~{3,})[^\n]*$`,
    // Markers of quotes, headings and list items.
    String.raw`^…?[ \t]*(?:(?:>|#{1,6}|[-*+](?: \[[ x]\])?)[ \t]+)+`,
    // Tags; the last one may be truncated.
    String.raw`(?:<\/|(?<![\p{L}\p{N}_])<)[a-z][\w-]*(?:\s[^<>]*)?(?:>|(?=…$))`,
    // Link and image syntax around the text.
    String.raw`(?<![\p{L}\p{N}_])!?\[(?=[^[\]\n]*\]${ADDRESS})`,
    String.raw`\]${ADDRESS}`,
    // Cell separators.
    String.raw`(?<=^…?[ \t]*(?:\|[^\n]*)?)\|(?:[ \t]*:?-{2,}:?[ \t]*(?=\|))?`,
    // Emphasis.
    String.raw`\x60+|~~`,
    String.raw`(?<![\p{L}\p{N}_*])\*{1,3}(?=[\p{L}\p{N}"'“‘([_\x60])`,
    String.raw`(?<=[^\s*/])\*{1,3}(?![\p{L}\p{N}_*])`,
    String.raw`(?<![\p{L}\p{N}_])_{1,2}(?=[\p{L}\p{N}][^_\n]*_)`,
    String.raw`(?<=(?<![\p{L}\p{N}_])_{1,2}[^_\n]+)_{1,2}(?![\p{L}\p{N}_])`,
  ].join("|"),
  "gimu",
);
/** A separator between two words. */
const BETWEEN = /^[<|]/;

/** The plain text of an excerpt with adjusted highlights. Highlighted syntax stays. */
export function plainExcerpt(text: string, marks: Marks): { readonly text: string; readonly marks: Marks } {
  const characters = [...text];
  const left: string[] = [];
  const places: number[] = [];
  const pass = (end: number, keep: boolean) => {
    for (let i = places.length; i < end; i++) {
      places.push(left.length);
      if (keep) left.push(characters[i] ?? "");
    }
  };
  for (const { 0: sign, index } of text.matchAll(SIGNS)) {
    const start = lengthOf(text.slice(0, index));
    const end = start + lengthOf(sign);
    if (marks.some(([from = 0, to = 0]) => from < end && start < to)) continue;
    pass(start, true);
    pass(end, false);
    left.push(sign.startsWith("…") ? "…" : BETWEEN.test(sign) ? " " : "");
  }
  pass(characters.length, true);
  return { text: left.join(""), marks: marks.map((ends) => ends.map((at) => lengthOf(left.slice(0, places[at] ?? left.length).join("")))) };
}

export function plainText(text: string): string {
  return plainExcerpt(text, []).text;
}

/** The length in code points, as highlights count. */
function lengthOf(text: string): number {
  return [...text].length;
}
