/** The bytes of images and files, kept by the server under their digest. */
import { Unreachable, type Whole, refusal } from "@/api/client";
import type { components } from "@/api/schema";
import { address } from "@/lib/base";

export type StoredBlob = Whole<components["schemas"]["Blob"]>;

/** What the server takes at the most, in bytes. */
export const MAX_BLOB = 64 * 1024 * 1024;
/** The pictures that the server hands out as such. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function isPicture(mediaType: string): boolean {
  return SHOWN.has(mediaType);
}

/** Where a blob's bytes are. */
export function blobAddress(digest: string): string {
  return address(`api/v1/blobs/${digest}`);
}

export async function blobText(digest: string): Promise<string> {
  const response = await fetch(blobAddress(digest)).catch(() => {
    throw new Unreachable();
  });
  if (!response.ok) throw refusal(undefined, response);
  return response.text();
}

/** Upload a file; `onProgress` hears which share of it has gone out. Throws Refused or Unreachable. */
export function uploadBlob(
  file: globalThis.Blob,
  mediaType: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<StoredBlob> {
  // `fetch` does not say how far it has come.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.addEventListener("load", () => {
      const answer = parsed(request.responseText);
      if (request.status < 300) resolve(answer as StoredBlob);
      else reject(refusal(answer, new Response(null, { status: request.status })));
    });
    request.addEventListener("error", () => reject(new Unreachable()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", address("api/v1/blobs"));
    request.setRequestHeader("Content-Type", mediaType);
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
