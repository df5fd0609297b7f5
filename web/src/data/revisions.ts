/** The revisions of an artifact, which are immutable, and their differences. */
import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";

import { type Artifact, type Complete, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { rereadArtifact, showChanged } from "@/data/artifacts";
import { t } from "@/i18n";
import { notice } from "@/lib/notice";

export type ArtifactContent = Complete<components["schemas"]["ArtifactContent"]>;
export type Diff = Complete<components["schemas"]["Diff"]>;
type RevisionPage = Complete<components["schemas"]["RevisionPage"]>;

const PAGE = 40;

const path = (id: string) => ({ path: { artifact_id: id } });

/** The content of a revision. */
export function contentQuery(id: string, revision: number) {
  return queryOptions({
    queryKey: ["content", id, revision],
    queryFn: ({ signal }): Promise<ArtifactContent> =>
      unwrap(api.GET("/api/v1/artifacts/{artifact_id}/content", { params: { ...path(id), query: { revision } }, signal })),
  });
}

export function revisionsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ["revisions", id],
    queryFn: ({ pageParam, signal }): Promise<RevisionPage> =>
      unwrap(
        api.GET("/api/v1/artifacts/{artifact_id}/revisions", {
          params: { ...path(id), query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export function diffQuery(id: string, from: number, to: number) {
  return queryOptions({
    queryKey: ["diff", id, from, to],
    queryFn: ({ signal }): Promise<Diff> =>
      unwrap(api.GET("/api/v1/artifacts/{artifact_id}/diff", { params: { ...path(id), query: { from, to } }, signal })),
  });
}

/** Restore the content of a revision. */
export function useRestoreRevision() {
  return useMutation({
    mutationFn: ({ artifact, number }: { artifact: Artifact; number: number }): Promise<Artifact> =>
      unwrap(
        api.POST("/api/v1/artifacts/{artifact_id}/revisions/{number}/restore", {
          params: { path: { artifact_id: artifact.id, number } },
          body: { expect_revision: artifact.revision },
        }),
      ),
    onSuccess: (now) => {
      showChanged(now);
      notice.success(t("artifacts.restored", { number: now.revision }));
    },
    onError: (error, { artifact }) => {
      void rereadArtifact(artifact.id).catch(() => undefined);
      notice.error(error);
    },
  });
}
