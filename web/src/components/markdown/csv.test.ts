import { expect, test } from "vitest";

import { csv } from "./csv";

test("a cell that a spreadsheet would take for a formula stays text", () => {
  for (const cell of ["=1+1", "+x", "-x+1", "@name", "\tx", "\rx"]) expect(csv([[cell]])).toMatch(/^"?'/);
  expect(csv([['=A1&"x",1']])).toBe(`"'=A1&""x"",1"\r\n`);
});

test("numbers and other words are copied as they are", () => {
  expect(csv([["-5", "+1.5", "-1,000.25", "-3%", "a=b", "1-2", "", 'say "x"']])).toBe(
    '-5,+1.5,"-1,000.25",-3%,a=b,1-2,,"say ""x"""\r\n',
  );
});
