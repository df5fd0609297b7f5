import { expect, it } from "vitest";

import { highlightSpans } from "./highlight";

const bracketed = (text: string, marks: [number, number][]) =>
  highlightSpans(text, marks)
    .map(({ text, marked }) => (marked ? `[${text}]` : text))
    .join("");

it.each<[string, [number, number][], string]>([
  ["plain", [], "plain"],
  ["trip to Rome", [[8, 12]], "trip to [Rome]"],
  ["Rome, Rome", [[0, 4], [6, 10]], "[Rome], [Rome]"],
  ["", [], ""],
])("cuts %j at %j", (text, marks, shown) => {
  expect(bracketed(text, marks)).toBe(shown);
});

it("counts characters as the server does, not halves of them", () => {
  expect(bracketed("🏛️🏛️ Rome 🏛️", [[5, 9]])).toBe("🏛️🏛️ [Rome] 🏛️");
  expect(bracketed("𝒜 Rome", [[2, 6]])).toBe("𝒜 [Rome]");
});

it("says every character once, whatever the marks are", () => {
  for (const marks of [[[4, 8], [0, 5]], [[2, 2]], [[-3, 2]], [[9, 99]], [[50, 60]], [[5, 3]]] as [number, number][][]) {
    expect(highlightSpans("Quo vadis?", marks).map(({ text }) => text).join("")).toBe("Quo vadis?");
  }
});
