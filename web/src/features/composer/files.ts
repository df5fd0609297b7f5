/** What a file that was chosen, dropped or pasted is. */
import { isPicture } from "@/data/blobs";
import type { Part } from "@/api/client";
import type { Draft } from "@/lib/drafts";

/** A text that is pasted becomes a file when it has more characters. */
export const LONG_PASTE = 4000;
export const MOST_FILES = 20;
const SAMPLE = 4096;

/** The media type by which a model can make the most of a file: browsers do not know that code is text. */
export async function mediaType(file: File): Promise<string> {
  const sample = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  const declared = file.type.split(";")[0] ?? "";
  if (isPicture(declared) || declared === "application/pdf" || declared.startsWith("text/")) return declared;
  if (isText(sample)) return "text/plain";
  return declared || "application/octet-stream";
}

/** Whether the beginning of a file reads as text; a character that is cut off at the end does not matter. */
export function isText(sample: Uint8Array): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(sample, { stream: true }).includes("\0");
  } catch {
    return false;
  }
}

/** The parts of the message that a draft makes: its files, then its text. None, if there is nothing to say. */
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

/** The files of something that was pasted, unless its text is what was meant: office programs add a picture of it. */
export function pastedFiles(data: Pick<DataTransfer, "files" | "types">): File[] {
  const rich = data.types.includes("text/plain") && data.types.includes("text/html");
  return rich ? [] : [...data.files];
}
