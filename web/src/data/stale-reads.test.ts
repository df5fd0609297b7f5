import { expect, test } from "vitest";

import { markStale, readUnlessChanged } from "./stale-reads";

const heardOf = (id: string, then: () => unknown) =>
  readUnlessChanged("a", async () => {
    markStale(id);
    return then();
  });

function refuse(): never {
  throw new Error("There is none.");
}

test("what is read is given, and so is a refusal", async () => {
  expect(await readUnlessChanged("a", async () => 1)).toBe(1);
  expect(await heardOf("b", () => 2)).toBe(2);
  await expect(heardOf("b", refuse)).rejects.toThrow("There is none.");
});

test("what was changed meanwhile is not, for it may be older", async () => {
  expect(await heardOf("a", () => 1)).toBeUndefined();
  expect(await heardOf("a", refuse)).toBeUndefined();
});
