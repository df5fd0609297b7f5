/**
 * Colours for code. A program is read a few lines at a time, so that a long one never holds the page up; the colours
 * are CSS variables, so that light and dark need nothing more.
 */
import { type GrammarState, type HighlighterCore, type ThemedToken, createCssVariablesTheme, createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

import { LANGUAGES } from "./languages";

import "./code.css";

export type Colours = readonly (readonly ThemedToken[])[];

const THEME = "own";
/** Lines that are read at once. */
const STEP = 20;
/** Longer lines are no program that somebody reads. */
const LONGEST_LINE = 2000;

let core: Promise<HighlighterCore> | undefined;

function load(): Promise<HighlighterCore> {
  core ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: THEME, variablePrefix: "--code-", fontStyle: true })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return core;
}

/** Read code whenever there is time; `tell` hears what is known so far, and says whether it is still wanted. */
export async function readColours(code: string, language: string, tell: (lines: Colours) => boolean): Promise<void> {
  const grammarEntry = LANGUAGES[language];
  if (!grammarEntry) return;
  const [highlighter, grammar] = await Promise.all([load(), grammarEntry.load()]);
  await highlighter.loadLanguage(grammar.default);
  const lines = code.split("\n");
  const read = (coloured: Colours, grammarState?: GrammarState) => {
    const part = lines.slice(coloured.length, coloured.length + STEP).join("\n");
    const result = highlighter.codeToTokens(part, {
      lang: grammarEntry.name,
      theme: THEME,
      tokenizeMaxLineLength: LONGEST_LINE,
      ...(grammarState ? { grammarState } : {}),
    });
    const more = [...coloured, ...result.tokens];
    if (tell(more) && more.length < lines.length) whenIdle(() => read(more, result.grammarState));
  };
  whenIdle(() => read([]));
}

function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: 200 });
  else setTimeout(work, 10);
}
