/** The media types of files that are selected, dropped or pasted. */
import { isPicture } from "@/data/blobs";
import type { Part } from "@/api/client";
import type { Draft } from "@/lib/drafts";

/** A pasted text with more characters becomes a file. */
export const LONG_PASTE = 4000;
export const MOST_FILES = 20;
const SAMPLE = 4096;

/** The media type that is most useful to a model: browsers do not recognise most code as text. */
export async function mediaType(file: File): Promise<string> {
  const sample = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  const declared = file.type.split(";")[0] ?? "";
  if (isPicture(declared) || declared === "application/pdf" || declared.startsWith("text/")) return declared;
  if (isText(sample)) return "text/plain";
  return declared || "application/octet-stream";
}

/** Whether the beginning of a file decodes as text; a truncated last character is ignored. */
export function isText(sample: Uint8Array): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(sample, { stream: true }).includes("\0");
  } catch {
    return false;
  }
}

/** The message parts of a draft: its files, then its text. Empty if the draft is empty. */
export function partsOf({ text, files }: Draft): Part[] {
  const trimmed = text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
  return [
    ...files.map(({ blob, name, media_type }): Part => ({
      type: isPicture(media_type) ? "image" : "file",
      blob,
      media_type,
      name,
    })),
    ...(trimmed ? [{ type: "text", text: trimmed } as const] : []),
  ];
}

/** The pasted files, unless the text was meant: office programs add an image of copied text. */
export function pastedFiles(data: Pick<DataTransfer, "files" | "types">): File[] {
  const rich = data.types.includes("text/plain") && data.types.includes("text/html");
  return rich ? [] : [...data.files];
}
