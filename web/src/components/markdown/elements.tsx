/** What the elements of Markdown look like. Headings stand below the page's own. */
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

/** Go to a footnote, or back from it: of this message, for others may have one with the same name. */
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
    <li dir="auto" id={id} className={className}>
      {children}
    </li>
  );
}

function Paragraph({ children }: Props<"p">) {
  return <p dir="auto">{children}</p>;
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
  blockquote: "blockquote",
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
  ol: "ol",
  p: Paragraph,
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
  ul: "ul",
};
