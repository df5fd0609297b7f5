import { expect, test } from "vitest";

import { drawable } from "./diagram-source";

test("a plain diagram is drawn as it is", () => {
  const source = "graph TD\n  A[Start] --> B{Choice}\n  %% a comment\n  style A fill:#f9f";
  expect(drawable(source)).toBe(source);
});

test("settings are left out", () => {
  expect(drawable("---\ntitle: A\nconfig:\n  themeCSS: x\n---\ngraph TD; A")).toBe("graph TD; A");
  expect(drawable('%%{init: {"theme": "forest"}}%%\ngraph TD; A')).toBe("\ngraph TD; A");
});

test.each([
  'graph TD; A@{ img: "https://evil.example/n.png" }',
  'graph TD; A@{ shape: icon, icon: "x:y" }',
  "graph TD; A; style A fill:url(https://evil.example/x)",
  "graph TD; A; classDef a fill:URL (x)",
  'graph TD; A; classDef a x:\\75rl(x)',
  "graph TD; A; @import 'x'",
  '%%{init: {"themeCSS": "*{}"}\ngraph TD; A',
])("what may come from elsewhere is not drawn: %s", (source) => {
  expect(drawable(source)).toBeUndefined();
});
