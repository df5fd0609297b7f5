/** The bytes of images and files, kept by the server under their digest. */
import { useQuery } from "@tanstack/react-query";

import { Unreachable, type Whole, load, refusal } from "@/api/client";
import type { components } from "@/api/schema";
import { queryClient } from "@/data/client";
import { address } from "@/lib/base";
import { download } from "@/lib/download";
import { notice } from "@/lib/notice";
import { sessionHeaders } from "@/lib/session-key";

export type StoredBlob = Whole<components["schemas"]["Blob"]>;

/** What the server takes at the most, in bytes. */
export const MAX_BLOB = 64 * 1024 * 1024;
/** The pictures that the server hands out as such. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function isPicture(mediaType: string): boolean {
  return SHOWN.has(mediaType);
}

/** The address of a picture; undefined until its bytes are there. */
export function usePicture(digest: string | undefined): string | undefined {
  const { data } = useQuery({
    queryKey: [PICTURE, digest],
    queryFn: async ({ signal }) => URL.createObjectURL(await (await read(digest ?? "", signal)).blob()),
    enabled: digest !== undefined,
  });
  return data;
}

const PICTURE = "picture";
// What nobody has looked at for a while is let go.
queryClient.getQueryCache().subscribe(({ type, query }) => {
  const shown: unknown = query.state.data;
  if (type === "removed" && query.queryKey[0] === PICTURE && typeof shown === "string") URL.revokeObjectURL(shown);
});

export async function blobText(digest: string): Promise<string> {
  return (await read(digest)).text();
}

/** Have the browser save a blob as a file. */
export async function saveBlob(digest: string, name: string): Promise<void> {
  try {
    download(await (await read(digest)).blob(), name);
  } catch (error) {
    notice.error(error);
  }
}

function read(digest: string, signal?: AbortSignal): Promise<Response> {
  return load(`api/v1/blobs/${digest}`, signal ? { signal } : {});
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
    Object.entries(sessionHeaders()).forEach(([header, value]) => request.setRequestHeader(header, value));
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
