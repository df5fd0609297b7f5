/** What Markdown may become. HTML in it stays text; of what is made of the rest, this is all that gets through. */
import type { Options } from "rehype-sanitize";

const PLAIN = "blockquote br del em h1 h2 h3 h4 h5 h6 hr ol p pre section strong sup table tbody thead tr ul";

export const SCHEMA: Options = {
  tagNames: [...PLAIN.split(" "), "a", "code", "img", "input", "li", "td", "th"],
  attributes: {
    a: ["href", "title", "id", "dataFootnoteRef", "dataFootnoteBackref", "ariaDescribedBy", "ariaLabel"],
    code: [["className", /^language-./, "math-inline", "math-display"]],
    h2: ["id", ["className", "sr-only"]],
    img: ["src", "alt", "title"],
    input: [["type", "checkbox"], "checked"],
    li: ["id", ["className", "task-list-item"]],
    ol: ["start"],
    section: ["dataFootnotes"],
    td: ["align"],
    th: ["align"],
    ul: [["className", "contains-task-list"]],
  },
  protocols: { href: ["http", "https", "mailto"], src: ["http", "https", "data"] },
  required: { input: { type: "checkbox" } },
  ancestors: { li: ["ol", "ul"], tbody: ["table"], td: ["table"], th: ["table"], thead: ["table"], tr: ["table"] },
  clobber: [],
  strip: ["script"],
};
