import { expect, test } from "vitest";

import { withMath } from "./math-text";

test("formulas are put between double dollars", () => {
  expect(withMath("so $x^2$ and \\(y\\)")).toBe("so $$x^2$$ and $$y$$");
  expect(withMath("a\n\\[\n  e = mc^2\n\\]\nb")).toBe("a\n$$\ne = mc^2\n$$\nb");
  expect(withMath("- see \\[x\\] here")).toBe("- see $$x$$ here");
  expect(withMath("$$\na\n$$")).toBe("$$\na\n$$");
});

test("money is no formula", () => {
  expect(withMath("it costs $5, not $10 or US$20")).toBeUndefined();
  expect(withMath("between $5-$10")).toBeUndefined();
});

test("code stays as it is", () => {
  expect(withMath("`$x$` and `` `$y$` ``")).toBeUndefined();
  expect(withMath("```sh\necho $a$ \\(b\\)\n```")).toBeUndefined();
  expect(withMath("```sh\necho $a$\n```\nso $b$")).toBe("```sh\necho $a$\n```\nso $$b$$");
  expect(withMath("$a$\n\n```sh\necho $b$")).toBe("$$a$$\n\n```sh\necho $b$");
});
