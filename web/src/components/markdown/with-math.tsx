import { render } from "katex";
import remarkMath from "remark-math";
import { type ComponentProps, useCallback, useMemo } from "react";
import type { Components, ExtraProps } from "streamdown";

import { Base, GFM, type Plugins } from "./base";
import { COMPONENTS } from "./elements";
import { CodeBlock } from "./code-block";
import { codeOf } from "./code-of";

import "katex/dist/katex.min.css";

/** KaTeX limits: no links, and bounded expansion. */
const LIMITS = { trust: false, strict: "ignore", throwOnError: true, maxExpand: 500, maxSize: 40 } as const;

/** A formula as React elements, or undefined if it is invalid. */
function draw(source: string, displayMode: boolean): DocumentFragment | undefined {
  const place = document.createElement("span");
  try {
    render(source, place, { ...LIMITS, displayMode });
  } catch {
    return undefined;
  }
  const drawn = document.createDocumentFragment();
  drawn.append(...place.childNodes);
  return drawn;
}

function Formula({ source, block }: { source: string; block: boolean }) {
  const drawn = useMemo(() => draw(source, block), [source, block]);
  const show = useCallback((place: HTMLElement | null) => place?.replaceChildren(drawn?.cloneNode(true) ?? ""), [drawn]);
  if (!drawn) return block ? <CodeBlock code={source} language="latex" /> : <code>{source}</code>;
  return <span ref={show} dir="ltr" className={block ? "block overflow-x-auto overflow-y-hidden py-1" : undefined} />;
}

function Code({ className, children }: ComponentProps<"code"> & ExtraProps) {
  if (className?.includes("math-inline")) return <Formula source={String(children)} block={false} />;
  return <code>{children}</code>;
}

function Pre({ node }: ComponentProps<"pre"> & ExtraProps) {
  const block = codeOf(node);
  return block.language === "math" ? <Formula source={block.code} block /> : <CodeBlock {...block} />;
}

const WITH_MATH: Components = { ...COMPONENTS, code: Code, pre: Pre };
const PLUGINS: Plugins = [...GFM, [remarkMath, { singleDollarTextMath: false }]];

/** Renders Markdown with formulas between `$$`. */
export default function WithMath({ text, live }: { text: string; live: boolean }) {
  return <Base text={text} live={live} plugins={PLUGINS} components={WITH_MATH} />;
}
