/** Images and files, stored by the server under their digest. */
import { useQuery } from "@tanstack/react-query";

import { Unreachable, type Complete, load, errorFor } from "@/api/client";
import type { components } from "@/api/schema";
import { queryClient } from "@/data/client";
import { address } from "@/lib/base";
import { download } from "@/lib/download";
import { notice } from "@/lib/notice";
import { sessionHeaders } from "@/lib/session-key";

export type StoredBlob = Complete<components["schemas"]["Blob"]>;

/** The maximum size, in bytes. */
export const MAX_BLOB = 64 * 1024 * 1024;
/** The image types that the server serves as images. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function isPicture(mediaType: string): boolean {
  return SHOWN.has(mediaType);
}

/** The object URL of an image; undefined until it is loaded. */
export function usePicture(digest: string | undefined): string | undefined {
  const { data } = useQuery({
    queryKey: [PICTURE, digest],
    queryFn: async ({ signal }) => URL.createObjectURL(await (await read(digest ?? "", signal)).blob()),
    enabled: digest !== undefined,
  });
  return data;
}

const PICTURE = "picture";
// Release images that have not been used for a while.
queryClient.getQueryCache().subscribe(({ type, query }) => {
  const shown: unknown = query.state.data;
  if (type === "removed" && query.queryKey[0] === PICTURE && typeof shown === "string") URL.revokeObjectURL(shown);
});

export async function blobText(digest: string): Promise<string> {
  return (await read(digest)).text();
}

/** Download a blob as a file. */
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

/** Upload a file; `onProgress` receives the share that is sent. Throws Refused or Unreachable. */
export function uploadBlob(
  file: globalThis.Blob,
  mediaType: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<StoredBlob> {
  // `fetch` does not report progress.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.addEventListener("load", () => {
      const answer = parsed(request.responseText);
      if (request.status < 300) resolve(answer as StoredBlob);
      else reject(errorFor(answer, new Response(null, { status: request.status })));
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
