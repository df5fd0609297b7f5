/**
 * Syntax highlighting. Code is tokenised a few lines at a time, so that long code never blocks the page. Colours are
 * CSS variables, so light and dark need no second pass.
 */
import { type GrammarState, type HighlighterCore, type ThemedToken, createCssVariablesTheme, createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

import { LANGUAGES } from "./languages";

import "./code.css";

export type Colours = readonly (readonly ThemedToken[])[];

const THEME = "own";
/** Lines per batch. */
const STEP = 20;
/** Longer lines are not highlighted. */
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

/** Tokenise code in idle time. `tell` receives the result so far and returns whether to continue. */
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
