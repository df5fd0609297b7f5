/**
 * Detects artifacts in the text of a running response, before the server does. The server decides with
 * more rules; here it is enough to show that an artifact is being written, and to hide raw tags.
 */
import type { ArtifactType } from "@/api/client";

export interface StreamedArtifact {
  /** The offset in the text. */
  readonly at: number;
  /** Whether it is an `<artifact>` element, which is shown as an inline card. */
  readonly element: boolean;
  readonly type: ArtifactType;
  readonly language: string;
  /** Empty if there is none. */
  readonly title: string;
  readonly identifier: string;
  readonly content: string;
  /** Whether it is complete. */
  readonly closed: boolean;
}

/** Markdown between elements. */
export interface MarkdownSpan {
  readonly at: number;
  readonly text: string;
}

/** Shorter code blocks are not artifacts. */
const MIN_LINES = 5;
const FENCE = /^(\s*)(`{3,}|~{3,})(.*)$/;
const ATTRIBUTE = /([a-z_:][\w:.-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?/gi;
const TAG = /<artifact(?=[\s>/])/i;
const OPENING = /^<artifact((?:\s+[a-z_:][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*>/i;
const CLOSING = /<\/artifact\s*>/i;
/** An incomplete tag at the end of the text. */
const PARTIAL_TAG = /<(?:a|ar|art|arti|artif|artifa|artifac|artifact(?:\s[^<>]{0,4000})?)$/i;
const TYPES: Readonly<Record<string, ArtifactType>> = {
  html: "html", htm: "html", css: "css", svg: "svg", jsx: "react", tsx: "react", react: "react", markdown: "markdown", md: "markdown",
  mermaid: "mermaid", json: "json", csv: "csv", tsv: "csv", text: "text", txt: "text", plain: "text",
};

/** Markdown and elements, in order. With `live`, an incomplete tag at the end is hidden. */
export function splitArtifacts(text: string, live = false): readonly (MarkdownSpan | StreamedArtifact)[] {
  const spans: (MarkdownSpan | StreamedArtifact)[] = [];
  let from = 0;
  for (const { end, artifact } of artifactElements(text)) {
    if (text.slice(from, artifact.at).trim() !== "") spans.push({ at: from, text: text.slice(from, artifact.at) });
    spans.push(artifact);
    from = end;
  }
  const rest = live ? text.slice(from).replace(PARTIAL_TAG, "") : text.slice(from);
  if (spans.length === 0 || rest.trim() !== "") spans.push({ at: from, text: rest });
  return spans;
}

/** The artifacts in a text, in order: elements, and code blocks of at least five lines. */
export function streamedArtifacts(text: string): readonly StreamedArtifact[] {
  return splitArtifacts(text).flatMap((one) => ("element" in one ? [one] : fencedArtifacts(one)));
}

interface Element {
  readonly end: number;
  readonly artifact: StreamedArtifact;
}

function artifactElements(text: string): readonly Element[] {
  const elements: Element[] = [];
  if (!TAG.test(text)) return elements;
  let skipTo = 0;
  for (const { start, line } of plainLines(text, () => skipTo)) {
    let at = start;
    for (const opened of tagPositions(line, start, at)) {
      if (opened < skipTo) continue;
      const opening = OPENING.exec(text.slice(opened, opened + 4096));
      const attributeValues = attributes(opening?.[1] ?? "");
      if (!opening || !(attributeValues["identifier"] ?? attributeValues["type"] ?? attributeValues["title"])) continue;
      const inside = opened + opening[0].length;
      const closing = CLOSING.exec(text.slice(inside));
      const content = text.slice(inside, closing ? inside + closing.index : undefined);
      skipTo = closing ? inside + closing.index + closing[0].length : text.length;
      at = skipTo;
      elements.push({ end: skipTo, artifact: elementArtifact(opened, attributeValues, content, closing !== null) });
    }
  }
  return elements;
}

/** The positions of tags on a line, outside inline code. */
function tagPositions(line: string, start: number, from: number): readonly number[] {
  const plain = line.replaceAll(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, (code) => " ".repeat(code.length));
  return [...plain.matchAll(new RegExp(TAG, "gi"))].map(({ index }) => start + index).filter((at) => at >= from);
}

/** The lines outside fences and quotes, from `skipTo` on. */
function* plainLines(text: string, skipTo: () => number): Generator<{ start: number; line: string }> {
  let fence: string | undefined;
  let start = 0;
  for (const line of text.split("\n")) {
    if (start + line.length >= skipTo()) {
      const [, , mark = "", info = ""] = FENCE.exec(line) ?? [];
      if (fence !== undefined) {
        if (closes(fence, mark, info)) fence = undefined;
      } else if (opens(mark, info)) fence = mark;
      else if (!/^\s{0,3}>/.test(line)) yield { start, line };
    }
    start += line.length + 1;
  }
}

const opens = (mark: string, info: string) => mark !== "" && !(mark.startsWith("`") && info.includes("`"));
const closes = (fence: string, mark: string, info: string) => mark.startsWith(fence) && info.trim() === "";

function attributes(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(ATTRIBUTE)].map(([, name = "", value = ""]) => [name.toLowerCase(), value.replaceAll(/^["']|["']$/g, "")]));
}

function elementArtifact(at: number, attributeValues: Readonly<Record<string, string>>, content: string, closed: boolean): StreamedArtifact {
  const type = (attributeValues["type"] ?? "").split("/").at(-1) ?? "";
  const name = type.split(/[.+-]/).findLast((part) => part in TYPES);
  const language = attributeValues["language"] ?? "";
  return {
    at,
    element: true,
    type: (name && TYPES[name]) || (language && TYPES[language]) || "code",
    language: language || name || "",
    title: attributeValues["title"] ?? "",
    identifier: attributeValues["identifier"] ?? "",
    content: content.replace(/^[ \t]*\n/, "").replace(/\n[ \t]*$/, "\n"),
    closed,
  };
}

function fencedArtifacts({ at: start, text }: MarkdownSpan): readonly StreamedArtifact[] {
  const artifacts: StreamedArtifact[] = [];
  let open: { at: number; mark: string; indent: number; info: string; lines: string[] } | undefined;
  let at = start;
  for (const line of text.split("\n")) {
    const [, space = "", mark = "", info = ""] = FENCE.exec(line) ?? [];
    if (!open) {
      if (opens(mark, info)) open = { at, mark, indent: space.length, info, lines: [] };
    } else if (closes(open.mark, mark, info)) {
      artifacts.push(...fencedArtifact(open, true));
      open = undefined;
    } else open.lines.push(line.replace(new RegExp(`^[ \\t]{0,${open.indent}}`), ""));
    at += line.length + 1;
  }
  return open ? [...artifacts, ...fencedArtifact(open, false)] : artifacts;
}

function fencedArtifact({ at, info, lines }: { at: number; info: string; lines: readonly string[] }, closed: boolean): readonly StreamedArtifact[] {
  if (lines.length < MIN_LINES) return [];
  const language = (/^\s*\{?\.?([\w+#.-]+)/.exec(info)?.[1] ?? "").toLowerCase();
  const title = /(?:title|file(?:name)?)\s*=\s*"([^"]*)"/i.exec(info)?.[1] ?? "";
  return [{ at, element: false, type: TYPES[language] ?? "code", language, title, identifier: "", content: `${lines.join("\n")}\n`, closed }];
}
