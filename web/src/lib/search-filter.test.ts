import { describe, expect, it } from "vitest";

import { asPrefixQuery, filterCount, searchFilter, searchParameters, unsearchableReason } from "@/lib/search-filter";

describe("the filter in an address", () => {
  it("keeps what makes sense and leaves out what does not", () => {
    const sense = { q: "rome", role: "user", project: "p", model: "echo/echo", from: "2026-01-02", to: "2026-03-04", archived: true };
    expect(searchFilter(sense)).toEqual(sense);
    const nonsense = { q: "", role: "emperor", project: [], model: null, from: "yesterday", to: "2026-13-45", archived: "yes", more: 1 };
    expect(searchFilter(nonsense)).toEqual({});
  });

  it("takes a number, as an address has it, for words", () => {
    expect(searchFilter({ q: 1984 })).toEqual({ q: "1984" });
    expect(searchFilter({ q: true })).toEqual({ q: "true" });
  });

  it("counts what is asked besides words", () => {
    expect(filterCount({ q: "a", role: "user", archived: false })).toBe(2);
  });
});

describe("what the server is asked with", () => {
  it("has days from their first to their last moment, where the person is", () => {
    const { since, until } = searchParameters({ q: "rome", from: "2026-03-28", to: "2026-03-29" });
    expect(since).toBe(new Date(2026, 2, 28).toISOString());
    expect(until).toBe(new Date(2026, 2, 30).toISOString());
  });

  it("has only what was asked", () => {
    expect(searchParameters({ q: "rome" })).toEqual({ q: "rome*" });
    expect(searchParameters({ q: "a b ", role: "tool", project: "p", archived: false })).toEqual({
      q: "a b",
      role: ["tool"],
      project_id: "p",
      archived: false,
    });
  });
});

it.each([
  ["rom", "rom*"],
  ["trip to ro", "trip to ro*"],
  ["rome ", "rome"],
  ["rom*", "rom*"],
  ["trip a", "trip a"],
  ['"exact words"', '"exact words"'],
  ['"exact wor', '"exact wor'],
  ["“exact words”", '"exact words"'],
  ["東京", "東京*"],
  ["C++", "C++"],
])("takes the last word of %j for unfinished where it may be", (q, asked) => {
  expect(asPrefixQuery(q)).toBe(asked);
});

it.each([
  ["", "empty"],
  ["  ", "empty"],
  ["?!", "wordless"],
  ["a", "short"],
  ["a.", "short"],
  ["ab", undefined],
  ["京", undefined],
  ["42", undefined],
])("says of %j why it cannot be searched: %s", (q, why) => {
  expect(unsearchableReason(q)).toBe(why);
});
