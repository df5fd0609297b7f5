import { expect, test } from "vitest";

import { diffLines } from "./diff-lines";

test("lines are numbered in both texts", () => {
  const diff = "--- 1\n+++ 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n";
  expect(diffLines(diff)).toEqual([
    { kind: "same", old: 1, new: 1, text: "a" },
    { kind: "removed", old: 2, text: "b" },
    { kind: "added", new: 2, text: "B" },
    { kind: "same", old: 3, new: 3, text: "c" },
  ]);
});

test("a gap is said, and lines that look like marks are lines", () => {
  const diff = "--- 1\n+++ 2\n@@ -7 +7 @@\n---- a\n++++ b\n@@ -20 +20 @@\n-x\n+y\n\\ No newline at end of file\n";
  expect(diffLines(diff).map(({ kind, text }) => `${kind} ${text}`)).toEqual(["gap ", "removed --- a", "added +++ b", "gap ", "removed x", "added y"]);
});

test("equal texts have no lines", () => {
  expect(diffLines("")).toEqual([]);
});
