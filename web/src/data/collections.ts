/** Collections: named sets of artifacts. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Artifact, type Collection, api, unwrap } from "@/api/client";
import type { ArtifactFilter } from "@/data/artifact-list";
import { updateCached } from "@/data/cache-updates";
import { refetch } from "@/data/client";
import { t } from "@/i18n";
import { settleAll } from "@/lib/settle-all";
import { newId } from "@/lib/ids";
import { notice } from "@/lib/notice";

export const collectionsQuery = queryOptions({
  queryKey: ["collections"],
  queryFn: async ({ signal }): Promise<readonly Collection[]> => (await unwrap(api.GET("/api/v1/collections", { signal }))).items,
});

const path = (id: string) => ({ path: { collection_id: id } });

function showCollection(now: Collection): void {
  updateCached<readonly Collection[]>(collectionsQuery.queryKey, (collections) =>
    [...collections.filter(({ id }) => id !== now.id), now].toSorted((a, b) => a.name.localeCompare(b.name)),
  );
}

function hideCollection(id: string): void {
  updateCached<readonly Collection[]>(collectionsQuery.queryKey, (collections) => collections.filter((collection) => collection.id !== id));
}

/** The name or the contents of a collection changed, according to the feed; null if it is gone or in the trash. */
export function showCollectionChange(id: string, now: Collection | null | undefined): void {
  if (now) showCollection(now);
  else if (now === null) hideCollection(id);
  void rereadCollection(id);
}

/** Reload the contents of a collection. */
async function rereadCollection(id: string): Promise<void> {
  await refetch({ queryKey: ["artifacts"], predicate: ({ queryKey }) => (queryKey[1] as ArtifactFilter).collection_id === id });
}

export function useCreateCollection() {
  return useMutation({
    mutationFn: (name: string): Promise<Collection> => unwrap(api.POST("/api/v1/collections", { body: { id: newId(), name } })),
    onSuccess: showCollection,
    onError: notice.error,
  });
}

/** Rename a collection optimistically; rolls back with a notice if the server refuses. */
export function useRenameCollection() {
  return useMutation({
    mutationFn: ({ collection, name }: { collection: Collection; name: string }): Promise<Collection> =>
      unwrap(api.PATCH("/api/v1/collections/{collection_id}", { params: path(collection.id), body: { name } })),
    onMutate: ({ collection, name }) => showCollection({ ...collection, name }),
    onSuccess: showCollection,
    onError: (error, { collection }) => {
      showCollection(collection);
      notice.error(error);
    },
  });
}

/** Move a collection to the trash, with undo. Its artifacts stay. */
export function useDeleteCollection() {
  return useMutation({
    mutationFn: ({ id }: Collection) => unwrap(api.DELETE("/api/v1/collections/{collection_id}", { params: path(id) })),
    onMutate: ({ id }) => hideCollection(id),
    onSuccess: (_, collection) => notice.undoable(t("artifacts.collection.deleted", { name: collection.name }), () => void restoreCollection(collection)),
    onError: (error, collection) => {
      showCollection(collection);
      notice.error(error);
    },
  });
}

async function restoreCollection({ id }: Collection): Promise<void> {
  await unwrap(api.POST("/api/v1/collections/{collection_id}/restore", { params: path(id) })).then(showCollection, notice.error);
}

/** Add artifacts to a collection. */
export async function addToCollection(collection: Collection, artifacts: readonly Artifact[]): Promise<void> {
  const results = await settleAll(artifacts, ({ id }) =>
    unwrap(
      api.PUT("/api/v1/collections/{collection_id}/artifacts/{artifact_id}", {
        params: { path: { collection_id: collection.id, artifact_id: id } },
      }),
    ),
  );
  const refused = results.find((result) => result.status === "rejected");
  const count = results.filter((result) => result.status === "fulfilled").length;
  if (refused) notice.error(refused.reason);
  if (count > 0) notice.success(t("artifacts.collected", { count, name: collection.name }));
  await rereadCollection(collection.id);
}

/** Remove artifacts from a collection. */
export async function removeFromCollection(collectionId: string, artifacts: readonly Artifact[]): Promise<void> {
  const results = await settleAll(artifacts, ({ id }) =>
    unwrap(
      api.DELETE("/api/v1/collections/{collection_id}/artifacts/{artifact_id}", {
        params: { path: { collection_id: collectionId, artifact_id: id } },
      }),
    ),
  );
  const refused = results.find((result) => result.status === "rejected");
  if (refused) notice.error(refused.reason);
  await rereadCollection(collectionId);
}
