/**
 * Components for the elements of Markdown. Headings rank below those of the page.
 *
 * Elements with markers beside their text take the direction of their first letter. Paragraphs, headings and items have no
 * `dir` of their own, or their text would not count for the element around them; `markdown.css` sets their direction.
 */
import type { ComponentProps, MouseEvent } from "react";
import type { Components, ExtraProps } from "streamdown";

import { useT } from "@/i18n";

import { safeLink } from "./addresses";
import { CodeBlock } from "./code-block";
import { codeOf } from "./code-of";
import { Picture } from "./picture";
import { Table } from "./table";

type Props<T extends keyof React.JSX.IntrinsicElements> = ComponentProps<T> & ExtraProps;

function Link({ href, title, id, children, "aria-label": label }: Props<"a">) {
  const url = safeLink(href);
  if (url)
    return (
      <a href={url.href} target="_blank" rel="noopener noreferrer" title={title}>
        {children}
      </a>
    );
  if (href?.startsWith("#"))
    return (
      <a href={href} id={id} aria-label={label} onClick={goTo}>
        {children}
      </a>
    );
  return <span>{children}</span>;
}

/** Go to a footnote of this message, or back from it. Other messages may have a footnote of the same name. */
function goTo(event: MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const id = decodeURIComponent(event.currentTarget.hash.slice(1));
  const target = event.currentTarget.closest("[data-markdown]")?.querySelector<HTMLElement>(`#${CSS.escape(id)}`);
  target?.scrollIntoView({ block: "center" });
  target?.querySelector("a")?.focus({ preventScroll: true });
}

function Pre({ node }: Props<"pre">) {
  return <CodeBlock {...codeOf(node)} />;
}

function Item({ id, className, children }: Props<"li">) {
  return (
    <li id={id} className={className}>
      {children}
    </li>
  );
}

function List({ className, children }: Props<"ul">) {
  return (
    <ul dir="auto" className={className}>
      {children}
    </ul>
  );
}

function Steps({ start, children }: Props<"ol">) {
  return (
    <ol dir="auto" start={start}>
      {children}
    </ol>
  );
}

function Quotation({ children }: Props<"blockquote">) {
  return <blockquote dir="auto">{children}</blockquote>;
}

function Box({ checked }: Props<"input">) {
  const t = useT();
  return (
    <input type="checkbox" disabled checked={checked === true} aria-label={t(checked ? "thread.task.done" : "thread.task.open")} className="me-2 align-[-0.1em]" />
  );
}

function Title({ id, className, children }: Props<"h2">) {
  return (
    <h4 id={id} className={className}>
      {children}
    </h4>
  );
}

export const COMPONENTS: Components = {
  a: Link,
  blockquote: Quotation,
  code: "code",
  h1: "h3",
  h2: Title,
  h3: "h5",
  h4: "h6",
  h5: "h6",
  h6: "h6",
  hr: "hr",
  img: Picture,
  input: Box,
  li: Item,
  ol: Steps,
  p: "p",
  pre: Pre,
  section: "section",
  strong: "strong",
  sup: "sup",
  table: Table,
  tbody: "tbody",
  td: "td",
  th: "th",
  thead: "thead",
  tr: "tr",
  ul: List,
};
