import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { Streamdown, type StreamdownProps } from "streamdown";

import { COMPONENTS } from "./elements";
import { SCHEMA } from "./schema";

import "./markdown.css";

export type Plugins = NonNullable<StreamdownProps["remarkPlugins"]>;

export const GFM: Plugins = [[remarkGfm, { singleTilde: false }]];
const LAST: NonNullable<StreamdownProps["rehypePlugins"]> = [[rehypeSanitize, SCHEMA]];
const REMEND = { linkMode: "text-only" } as const;

export interface MarkdownProps {
  text: string;
  /** Whether more text follows, so that open syntax at the end is closed provisionally. */
  live: boolean;
}

/** Renders Markdown block by block, so that finished blocks are not rendered again while more text arrives. */
export function Base({
  text,
  live,
  plugins = GFM,
  components = COMPONENTS,
}: MarkdownProps & { plugins?: Plugins; components?: typeof COMPONENTS }) {
  return (
    <Streamdown
      className="markdown"
      data-markdown
      components={components}
      remarkPlugins={plugins}
      rehypePlugins={LAST}
      parseIncompleteMarkdown={live}
      isAnimating={live}
      remend={REMEND}
      controls={false}
    >
      {text}
    </Streamdown>
  );
}
