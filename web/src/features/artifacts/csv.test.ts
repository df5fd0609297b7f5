import { expect, test } from "vitest";

import { readTable } from "./csv";

const rows = (text: string) => readTable(text, 100).rows;

test("cells stand between commas, semicolons or tabs", () => {
  expect(rows("a,b\n1,2\n")).toEqual([["a", "b"], ["1", "2"]]);
  expect(rows("a;b\r\n1,5;2\r\n")).toEqual([["a", "b"], ["1,5", "2"]]);
  expect(rows("a\tb\n1\t")).toEqual([["a", "b"], ["1", ""]]);
});

test("a cell in quotes may hold everything", () => {
  expect(rows('name,said\nx,"a, ""b""\nc"\n')).toEqual([["name", "said"], ["x", 'a, "b"\nc']]);
  expect(rows('"open,1\n2')).toEqual([["open,1\n2"]]);
});

test("empty lines are no rows, and rows may be of different length", () => {
  expect(rows("a,b\n\n1\n\n")).toEqual([["a", "b"], ["1"]]);
  expect(rows("")).toEqual([]);
});

test("only so many rows are read", () => {
  expect(readTable("a\n".repeat(1000), 3)).toEqual({ rows: [["a"], ["a"], ["a"]], cut: true });
});
