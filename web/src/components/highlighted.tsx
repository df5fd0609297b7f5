import { highlightSpans } from "@/lib/highlight";

/** A text with its matches highlighted. */
export function Highlighted({ text, marks }: { text: string; marks: readonly (readonly number[])[] }) {
  return highlightSpans(text, marks).map(({ at, text, marked }) => (marked ? <mark key={at}>{text}</mark> : text));
}
