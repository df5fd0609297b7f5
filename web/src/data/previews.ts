/** Where an artifact runs: addresses that are good for some minutes, and for one look. */
import { queryOptions } from "@tanstack/react-query";

import { api, ask } from "@/api/client";
import { notice } from "@/lib/notice";

function preview(artifactId: string, revision: number, signal?: AbortSignal) {
  return ask(
    api.POST("/api/v1/artifacts/{artifact_id}/preview", {
      params: { path: { artifact_id: artifactId } },
      body: { revision },
      signal,
    }),
  );
}

/** An address for a frame; `look` counts how often it was asked for. */
export function previewQuery(artifactId: string, revision: number, look: number) {
  return queryOptions({
    queryKey: ["preview", artifactId, revision, look],
    queryFn: ({ signal }) => preview(artifactId, revision, signal),
    gcTime: 0,
  });
}

/** Open a preview in a tab of its own. */
export async function openPreview(artifactId: string, revision: number): Promise<void> {
  try {
    const { url } = await preview(artifactId, revision);
    window.open(url, "_blank", "noopener,noreferrer");
  } catch (error) {
    notice.error(error);
  }
}
