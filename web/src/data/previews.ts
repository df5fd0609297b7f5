/** Preview URLs, which are valid for a few minutes and for one load. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { notice } from "@/lib/notice";

/** The subject of a preview: a revision of an artifact, or a share link. */
export type PreviewSubject = { artifactId: string; revision: number } | { token: string };

function preview(what: PreviewSubject, signal?: AbortSignal) {
  if ("token" in what) return unwrap(api.POST("/api/v1/links/{token}/preview", { params: { path: { token: what.token } }, signal }));
  const { artifactId: artifact_id, revision } = what;
  return unwrap(api.POST("/api/v1/artifacts/{artifact_id}/preview", { params: { path: { artifact_id } }, body: { revision }, signal }));
}

/** A URL for a frame; `look` counts the requests. */
export function previewQuery(what: PreviewSubject, look: number) {
  return queryOptions({
    queryKey: ["preview", what, look],
    queryFn: ({ signal }) => preview(what, signal),
    gcTime: 0,
  });
}

/** Open a preview in a new tab. */
export async function openPreview(what: PreviewSubject): Promise<void> {
  try {
    const { url } = await preview(what);
    window.open(url, "_blank", "noopener,noreferrer");
  } catch (error) {
    notice.error(error);
  }
}
