import { expect, it } from "vitest";

import { linesOf, missingValues, textOf, valueOf } from "./variable-values";

it("takes the text of a field as a value of the variable's type", () => {
  expect(valueOf("string", " a ")).toBe(" a ");
  expect(valueOf("number", "1.5")).toBe(1.5);
  expect(valueOf("boolean", "false")).toBe(false);
  expect(valueOf("choice", "red")).toBe("red");
  expect(valueOf("list", "one\n\n two ")).toEqual(["one", "two"]);
});

it("has no value for an empty field, whatever the type", () => {
  for (const type of ["string", "number", "boolean", "choice", "list"] as const) expect(valueOf(type, "")).toBeUndefined();
});

it("shows a value as it was written", () => {
  expect([undefined, null, 0, false, ["a", "b"], "x"].map(textOf)).toEqual(["", "", "0", "false", "a\nb", "x"]);
});

it("misses required values only", () => {
  const variables = [{ name: "a", required: true }, { name: "b" }, { name: "c", required: true }];
  expect(missingValues(variables, { c: false })).toEqual(["a"]);
});

it("leaves out blank lines", () => {
  expect(linesOf("\n a\n \nb\n")).toEqual(["a", "b"]);
});
