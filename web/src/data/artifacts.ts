/** Artifacts: queries and mutations. */
import { type Query, infiniteQueryOptions, notifyManager, queryOptions, useMutation } from "@tanstack/react-query";

import { type Artifact, type ArtifactPage, type EventKind, Refused, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { type ArtifactFilter, type ArtifactList, withArtifact } from "@/data/artifact-list";
import { updateCached } from "@/data/cache-updates";
import { queryClient, refetch } from "@/data/client";
import { meQuery } from "@/data/me";
import { without } from "@/data/pages";
import { t } from "@/i18n";
import { settleAll } from "@/lib/settle-all";
import { notice } from "@/lib/notice";

export type ArtifactChanges = Omit<components["schemas"]["ArtifactChanges"], "note">;

const PAGE = 40;
/** The first artifacts of a conversation; the rest is queried by message. */
const MOST_OF_CONVERSATION = 200;

const path = (id: string) => ({ path: { artifact_id: id } });

export function artifactsQuery(filter: ArtifactFilter) {
  return infiniteQueryOptions({
    queryKey: ["artifacts", filter],
    queryFn: ({ pageParam, signal }): Promise<ArtifactPage> =>
      unwrap(
        api.GET("/api/v1/artifacts", {
          params: {
            query: { ...filter, limit: filter.conversation_id ? MOST_OF_CONVERSATION : PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // The feed does not cover the trash and shared artifacts.
    ...(filter.deleted || filter.shared ? { staleTime: 0 } : {}),
  });
}

/** The artifacts that a message created or revised. */
export function artifactsOfMessageQuery(messageId: string) {
  return queryOptions({
    queryKey: ["artifacts-of", messageId],
    queryFn: async ({ signal }): Promise<readonly Artifact[]> =>
      (await unwrap(api.GET("/api/v1/artifacts", { params: { query: { message_id: messageId, limit: MOST_OF_CONVERSATION } }, signal }))).items,
  });
}

export function artifactQuery(id: string) {
  return queryOptions({ queryKey: ["artifact", id], queryFn: ({ signal }): Promise<Artifact> => fetchArtifact(id, signal) });
}

function fetchArtifact(id: string, signal?: AbortSignal): Promise<Artifact> {
  return unwrap(api.GET("/api/v1/artifacts/{artifact_id}", { params: path(id), ...(signal ? { signal } : {}) }));
}

export const usesQuery = queryOptions({
  queryKey: ["artifact-uses"],
  queryFn: async ({ signal }) => (await unwrap(api.GET("/api/v1/artifacts/uses", { signal }))).items,
  staleTime: 0,
});

/** The cached artifact, if any. */
export function knownArtifact(id: string): Artifact | undefined {
  return (
    queryClient.getQueryData(artifactQuery(id).queryKey) ??
    queryClient
      .getQueriesData<ArtifactList>({ queryKey: LISTS })
      .flatMap(([, list]) => list?.pages.flatMap(({ items }) => items) ?? [])
      .find((artifact) => artifact.id === id)
  );
}

const LISTS = ["artifacts"];

function changeLists(change: (list: ArtifactList, filter: ArtifactFilter) => ArtifactList): void {
  updateCached<ArtifactList>(LISTS, (list, [, filter]) => change(list, filter as ArtifactFilter));
}

function changeOfMessages(change: (artifacts: readonly Artifact[]) => readonly Artifact[]): void {
  updateCached<readonly Artifact[]>(["artifacts-of"], change);
}

/** Update an artifact in every list where it belongs. */
function showArtifact(now: Artifact): void {
  const mine = now.owner_id === queryClient.getQueryData(meQuery.queryKey)?.id;
  notifyManager.batch(() => {
    queryClient.setQueryData(artifactQuery(now.id).queryKey, now);
    changeLists((list, filter) => withArtifact(list, filter, now, mine));
    changeOfMessages((artifacts) =>
      artifacts.some(({ id }) => id === now.id) ? artifacts.flatMap((one) => (one.id !== now.id ? [one] : now.deleted_at ? [] : [now])) : artifacts,
    );
  });
}

/** Remove artifacts from all lists. */
export function hideArtifacts(isGone: (artifact: Artifact) => boolean): void {
  notifyManager.batch(() => {
    changeLists((list, filter) => {
      const gone = list.pages.flatMap(({ items }) => items.filter(isGone)).map(({ id }) => id);
      return filter.deleted || gone.length === 0 ? list : without(list, new Set(gone));
    });
    changeOfMessages((artifacts) => (artifacts.some(isGone) ? artifacts.filter((one) => !isGone(one)) : artifacts));
  });
}

/** An artifact changed, according to the feed: `now` is its state, null if it is gone, undefined if that follows. */
export function showArtifactChange(id: string, kind: EventKind, now: Artifact | null | undefined): void {
  if (kind === "artifact.shared") void refetch({ queryKey: ["artifacts"], predicate: isOfOthers });
  if (kind === "artifact.shared" || kind === "artifact.unshared") void refetch({ queryKey: ["shares", id] });
  if (now) showNow(now);
  else if (now === null) hideArtifact(id, kind);
}

function showNow(now: Artifact): void {
  const before = knownArtifact(now.id);
  showArtifact(now);
  // A scan may create it in a message that is already shown.
  if (!before && now.message_id) void refetch(artifactsOfMessageQuery(now.message_id));
  if (before?.revision !== now.revision) void refetch({ queryKey: ["revisions", now.id] });
}

function hideArtifact(id: string, kind: EventKind): void {
  const before = knownArtifact(id);
  if (kind === "artifact.purged") changeLists((list) => without(list, new Set([id])));
  else if (before && kind === "artifact.deleted") showArtifact({ ...before, deleted_at: before.deleted_at ?? new Date().toISOString() });
  else hideArtifacts((artifact) => artifact.id === id);
  if (kind !== "artifact.deleted") void refetch(artifactQuery(id));
}

/** Reload an artifact. */
export async function rereadArtifact(id: string): Promise<void> {
  showNow(await fetchArtifact(id));
}

/** Reload all artifacts that are shown. */
export async function rereadArtifacts(): Promise<void> {
  await Promise.all(["artifacts", "artifacts-of", "artifact", "revisions"].map((name) => refetch({ queryKey: [name] })));
}

function isOfOthers({ queryKey }: Query): boolean {
  return (queryKey[1] as ArtifactFilter).shared === true;
}

/** Update an artifact optimistically; rolls back if the server refuses. The caller reports errors. */
export async function updateArtifact(artifact: Artifact, changes: ArtifactChanges): Promise<Artifact> {
  const { content: _, expect_revision: __, ...fields } = changes;
  showArtifact({ ...artifact, ...fields } as Artifact);
  try {
    const now = await unwrap(api.PATCH("/api/v1/artifacts/{artifact_id}", { params: path(artifact.id), body: changes }));
    showChanged(now);
    return now;
  } catch (error) {
    if (error instanceof Refused && error.code === "revision-conflict") await rereadArtifact(artifact.id);
    else showArtifact(artifact);
    throw error;
  }
}

/** Apply a new revision from the server. */
export function showChanged(now: Artifact): void {
  // The feed may have brought a later change before the response to this one.
  if ((knownArtifact(now.id)?.version ?? 0) <= now.version) showArtifact(now);
  void refetch({ queryKey: ["revisions", now.id] });
}

export function useRenameArtifact() {
  return useMutation({
    mutationFn: ({ artifact, title }: { artifact: Artifact; title: string }) => updateArtifact(artifact, { title }),
    onError: notice.error,
  });
}

/** Move artifacts to the trash, with undo. */
export async function deleteArtifacts(artifacts: readonly Artifact[]): Promise<void> {
  const now = new Date().toISOString();
  for (const artifact of artifacts) showArtifact({ ...artifact, deleted_at: now });
  const gone = await settleEach(artifacts, ({ id }) => unwrap(api.DELETE("/api/v1/artifacts/{artifact_id}", { params: path(id) })));
  const [first] = gone;
  if (first) notice.undoable(t("artifacts.deleted", { count: gone.length, title: first.title }), () => void restoreArtifacts(gone));
}

/** Restore artifacts from the trash. */
export async function restoreArtifacts(artifacts: readonly Artifact[]): Promise<void> {
  for (const artifact of artifacts) showArtifact({ ...artifact, deleted_at: null });
  await settleEach(artifacts, ({ id }) => unwrap(api.POST("/api/v1/artifacts/{artifact_id}/restore", { params: path(id) })));
}

/** Run an action for each artifact; roll back failures and show one notice. */
async function settleEach(artifacts: readonly Artifact[], act: (artifact: Artifact) => Promise<Artifact>): Promise<readonly Artifact[]> {
  const results = await settleAll(artifacts, act);
  const done = results.map((result, i) => (result.status === "fulfilled" ? result.value : artifacts[i]));
  for (const artifact of done) if (artifact) showArtifact(artifact);
  const refused = results.find((result) => result.status === "rejected");
  if (refused) notice.error(refused.reason);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/** Delete an artifact in the trash permanently. */
export function usePurgeArtifact() {
  return useMutation({
    mutationFn: ({ id }: Artifact) => unwrap(api.POST("/api/v1/artifacts/{artifact_id}/purge", { params: path(id) })),
    onMutate: ({ id }) => changeLists((list) => without(list, new Set([id]))),
    onError: (error, artifact) => {
      showArtifact(artifact);
      notice.error(error);
    },
  });
}

/** Count a use of an artifact; errors are ignored. */
export function countUse(id: string, use: "opened" | "copied" | "exported"): void {
  void api.POST("/api/v1/artifacts/{artifact_id}/uses", { params: path(id), body: { use } }).catch(() => undefined);
}
