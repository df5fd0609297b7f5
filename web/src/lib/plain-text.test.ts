import { expect, it } from "vitest";

import { highlightSpans } from "./highlight";
import { plainExcerpt, plainText } from "./plain-text";

/** Collapses whitespace, as a page does. */
const read = (text: string) => plainText(text).replaceAll(/\s+/g, " ").trim();

it.each([
  ["*before*", "before"],
  ["**slow** heard", "slow heard"],
  ["***both***, __bold__ and _slanted_.", "both, bold and slanted."],
  ["say `print` or ~~write~~", "say print or write"],
  ["> The Appian Way\n> is long", "The Appian Way is long"],
  ["…> The Appian Way", "…The Appian Way"],
  ["## Rome\n\n- [x] eat\n- *sleep*", "Rome eat sleep"],
  ["530,19,52\n</artifact>", "530,19,52"],
  ['<artifact title="Notes" type="text/markdown">\n# Tides', "Tides"],
  ['See <artifact title="No…', "See …"],
  ["| Day | Morning |\n|---|:--|\n| 1 | walk |", "Day Morning 1 walk"],
  ["| Day | Morning | |---|---|", "Day Morning"],
  ["one\n\n---\n\ntwo", "one two"],
  ["```python title=\"tide.py\"\nprint(1)\n```", "print(1)"],
  ["see [the map](https://example.org/a) and ![a boat](/boat.png)", "see the map and a boat"],
])("reads %j as %j", (text, shown) => {
  expect(read(text)).toBe(shown);
});

it.each(["snake_case_names", "a_b and c_d", "2 * 3 * 4", "2*3", "a < b > c", "Map<string>", "5 - 3", "a | b", "*.py", "cells[0](x)", "#1 of 3", "C#"])(
  "leaves %j as it is",
  (text) => {
    expect(plainText(text)).toBe(text);
  },
);

const bracketed = (text: string, marks: [number, number][]) => {
  const plain = plainExcerpt(text, marks);
  return highlightSpans(plain.text, plain.marks)
    .map(({ text, marked }) => (marked ? `[${text}]` : text))
    .join("");
};

it.each<[string, [number, number][], string]>([
  ["**slow** heard", [[2, 6]], "[slow] heard"],
  ["**slow** heard", [[9, 14]], "slow [heard]"],
  ["> 🏛️ *Rome*", [[6, 10]], "🏛️ [Rome]"],
  ["a `b` c", [[0, 1], [3, 4], [6, 7]], "[a] [b] [c]"],
  ['<artifact title="Rome">', [[17, 21]], '<artifact title="[Rome]">'],
])("keeps marked in %j what is at %j", (text, marks, shown) => {
  expect(bracketed(text, marks)).toBe(shown);
});
