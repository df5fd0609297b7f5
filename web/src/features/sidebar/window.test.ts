import { describe, expect, it } from "vitest";

import { indexAt, moved, scrolledTo, startsOf } from "./window";

const starts = startsOf([40, 36, 36, 100]);

describe("a list in a window", () => {
  it("begins each row where the one before ends", () => {
    expect(starts).toEqual([0, 40, 76, 112, 212]);
    expect(startsOf([])).toEqual([0]);
  });

  it("knows which row stands where", () => {
    expect([-5, 0, 39, 40, 75, 76, 112, 211, 999].map((place) => indexAt(starts, place))).toEqual([0, 0, 0, 1, 1, 2, 3, 3, 3]);
    expect(indexAt([0], 10)).toBe(0);
  });

  it("scrolls as little as it can", () => {
    expect(scrolledTo(starts, 1, 0, 80)).toBe(0);
    expect(scrolledTo(starts, 2, 0, 80)).toBe(32);
    expect(scrolledTo(starts, 0, 50, 80)).toBe(0);
  });
});

describe("rows that stay", () => {
  const before = [
    { key: "a", start: 0 },
    { key: "b", start: 36 },
    { key: "c", start: 72 },
  ];

  it("stay where they are when others come or go above them", () => {
    expect(moved(before, new Map([["a", 36], ["b", 72], ["c", 108]]))).toBe(36);
    expect(moved(before, new Map([["b", 0], ["c", 36]]))).toBe(-36);
  });

  it("are not followed by all when one of them goes elsewhere", () => {
    expect(moved(before, new Map([["a", 900], ["b", 36], ["c", 72]]))).toBe(0);
  });

  it("may all be gone", () => {
    expect(moved(before, new Map())).toBe(0);
  });
});
