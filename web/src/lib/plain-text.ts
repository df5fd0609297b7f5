/** Markdown as it is read in an excerpt: without its marks, and without tags. What is within a word stays. */

type Marks = readonly (readonly number[])[];

const ADDRESS = String.raw`\((?:https?:|mailto:|[#/.])[^()\s]*(?: "[^"\n]*")?\)`;
const SIGNS = new RegExp(
  [
    // A line of nothing else, and the fence of a program.
    String.raw`^[ \t]*[|:=*_ \t-]{3,}$`,
    String.raw`^[ \t]*(?:\x60{3,}|~{3,})[^\n]*$`,
    // What a quotation, a heading or an item begins with.
    String.raw`^…?[ \t]*(?:(?:>|#{1,6}|[-*+](?: \[[ x]\])?)[ \t]+)+`,
    // A tag; the last may be cut off.
    String.raw`(?:<\/|(?<![\p{L}\p{N}_])<)[a-z][\w-]*(?:\s[^<>]*)?(?:>|(?=…$))`,
    // Around the text of a link or a picture.
    String.raw`(?<![\p{L}\p{N}_])!?\[(?=[^[\]\n]*\]${ADDRESS})`,
    String.raw`\]${ADDRESS}`,
    // Between the cells of a row.
    String.raw`(?<=^…?[ \t]*(?:\|[^\n]*)?)\|(?:[ \t]*:?-{2,}:?[ \t]*(?=\|))?`,
    // Around words.
    String.raw`\x60+|~~`,
    String.raw`(?<![\p{L}\p{N}_*])\*{1,3}(?=[\p{L}\p{N}"'“‘([_\x60])`,
    String.raw`(?<=[^\s*/])\*{1,3}(?![\p{L}\p{N}_*])`,
    String.raw`(?<![\p{L}\p{N}_])_{1,2}(?=[\p{L}\p{N}][^_\n]*_)`,
    String.raw`(?<=(?<![\p{L}\p{N}_])_{1,2}[^_\n]+)_{1,2}(?![\p{L}\p{N}_])`,
  ].join("|"),
  "gimu",
);
/** What stood between two words, and not beside one. */
const BETWEEN = /^[<|]/;

/** The text of an excerpt, and where in it what was marked is now. A sign in which something is marked stays. */
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

/** Of a text in characters, as marks count them. */
function lengthOf(text: string): number {
  return [...text].length;
}
