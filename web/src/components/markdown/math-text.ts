/**
 * Models write formulas as `$x$`, `$$x$$`, `\(x\)` and `\[x\]`. The parser accepts only `$$`, so that an amount of
 * money is not a formula. A single `$` opens a formula before a non-space, and closes it after a non-space and before
 * a non-digit. Code is unchanged.
 */
const CODE = /^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n {0,3}\1[`~]*[ \t]*(?=\n|$)|$(?![\s\S]))|(?<!`)(`+)(?!`)[\s\S]*?[^`]\2(?!`)/gm;
const BLOCK = /^([ \t]*)\\\[([\s\S]+?)\\\][ \t]*$/gm;
const INLINE = /\\[[(](.+?)\\[\])]|(?<![\\$\w])\$(?![\s$])((?:[^$\n\\]|\\.)*?(?:[^\s$\\]|\\.))\$(?![\d$])/g;
const HINT = /\$|\\\(|\\\[/;

/** The text with its formulas between `$$`, or undefined if it has none. */
export function withMath(text: string): string | undefined {
  if (!HINT.test(text)) return undefined;
  let result = "";
  let end = 0;
  for (const code of text.matchAll(CODE)) {
    result += formulas(text.slice(end, code.index)) + code[0];
    end = code.index + code[0].length;
  }
  result += formulas(text.slice(end));
  return result.includes("$$") ? result : undefined;
}

function formulas(text: string): string {
  return text
    .replaceAll(BLOCK, (_, indent: string, formula: string) => `${indent}$$\n${indent}${formula.trim()}\n${indent}$$`)
    .replaceAll(INLINE, (_, bracketed?: string, single?: string) => `$$${(bracketed ?? single ?? "").trim()}$$`);
}
