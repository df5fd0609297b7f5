import { describe, expect, test } from "vitest";

import { streamedArtifacts, splitArtifacts } from "./artifact-stream";

const CODE = "a\nb\nc\nd\ne\n";
const summarise = (text: string) => streamedArtifacts(text).map(({ type, language, content, closed }) => ({ type, language, content, closed }));

describe("code", () => {
  test("of five lines is a piece, closed or not; shorter code is none", () => {
    expect(summarise(`Look:\n\n\`\`\`python\n${CODE}\`\`\`\nSo.`)).toEqual([{ type: "code", language: "python", content: CODE, closed: true }]);
    expect(summarise(`~~~html\n${CODE}more`)).toEqual([{ type: "html", language: "html", content: `${CODE}more\n`, closed: false }]);
    expect(summarise("```python\na\nb\n```")).toEqual([]);
  });

  test("may hold other fences, and is told from them by its own", () => {
    expect(summarise(`\`\`\`\`markdown\n\`\`\`\n${CODE}\`\`\`\n\`\`\`\`\n`)).toEqual([
      { type: "markdown", language: "markdown", content: `\`\`\`\n${CODE}\`\`\`\n`, closed: true },
    ]);
  });

  test("loses the indentation of the list that it stands in", () => {
    expect(summarise("1. see\n\n   ```js\n   a\n     b\n   c\n   d\n   e\n   ```\n")[0]?.content).toBe("a\n  b\nc\nd\ne\n");
  });

  test("says where it begins", () => {
    const element = '<artifact title="x">\n</artifact>';
    const text = `one\n${element}\ntwo\n\`\`\`js\n${CODE}\`\`\`\n`;
    expect(streamedArtifacts(text).map(({ at, element }) => [text.slice(at, at + 3), element])).toEqual([
      ["<ar", true],
      ["```", false],
    ]);
  });

  test("says what it is called", () => {
    expect(streamedArtifacts(`\`\`\`js title="x.js"\n${CODE}\`\`\``)[0]?.title).toBe("x.js");
  });
});

describe("an element", () => {
  const element = `<artifact identifier="clock" type="text/html" title="A &lt;clock">\n<p>\n</artifact>`;

  test("is a piece wherever it stands, and the text around it stays", () => {
    expect(splitArtifacts(`Here: ${element} and so on.`)).toEqual([
      { at: 0, text: "Here: " },
      { at: 6, element: true, type: "html", language: "html", title: "A &lt;clock", identifier: "clock", content: "<p>\n", closed: true },
      { at: 6 + element.length, text: " and so on." },
    ]);
  });

  test("that is not closed goes to the end", () => {
    expect(summarise('<artifact type="application/vnd.ant.react" title="x">\nlet a;')).toEqual([
      { type: "react", language: "react", content: "let a;", closed: false },
    ]);
  });

  test("hides what is in it: neither its fences nor its tags count", () => {
    expect(summarise(`<artifact title="x" type="text/markdown">\n\`\`\`\n${CODE}\`\`\`\n</artifact>\n`)).toHaveLength(1);
  });

  test.each([
    ["in a fence", `\`\`\`\n${element}\n\`\`\``],
    ["in a quote", `> ${element.replaceAll("\n", " ")}`],
    ["in inline code", 'write `<artifact title="x">` so'],
    ["that nothing names", "<artifact>x</artifact>"],
  ])("%s is text", (_, text) => {
    expect(splitArtifacts(text)).toEqual([{ at: 0, text }]);
  });

  test("is not shown by halves while it is being written", () => {
    expect(splitArtifacts('So:\n<artifact identifier="cl', true)).toEqual([{ at: 0, text: "So:\n" }]);
    expect(splitArtifacts("So:\n<art", true)).toEqual([{ at: 0, text: "So:\n" }]);
    expect(splitArtifacts("a < b", true)).toEqual([{ at: 0, text: "a < b" }]);
  });
});

test("a long text costs its length", () => {
  const text = `${"<artifact ".repeat(20_000)}\n${"```x\n".repeat(20_000)}`;
  const before = performance.now();
  streamedArtifacts(text);
  expect(performance.now() - before).toBeLessThan(1000);
});
