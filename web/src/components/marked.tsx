import { stretches } from "@/lib/marks";

/** A text with what was looked for marked in it. */
export function Marked({ text, marks }: { text: string; marks: readonly (readonly number[])[] }) {
  return stretches(text, marks).map(({ at, text, marked }) => (marked ? <mark key={at}>{text}</mark> : text));
}
