/** The feed: shows changes from anywhere within a second. */
import { notifyManager, queryOptions } from "@tanstack/react-query";

import { type EventKind, type FeedEvent, Refused, api, unwrap } from "@/api/client";
import { hideArtifacts, rereadArtifact } from "@/data/artifacts";
import { branchesQuery } from "@/data/branches";
import { markStale, readUnlessChanged } from "@/data/stale-reads";
import { queryClient, refetch } from "@/data/client";
import { rereadCollection } from "@/data/collections";
import { isGone } from "@/data/conversation-list";
import { conversationQuery, fetchConversation, hideConversation, showConversation } from "@/data/conversations";
import { loadNewMessages, refreshThread } from "@/data/messages";
import { flushOutbox } from "@/data/outbox";
import { rereadProject } from "@/data/projects";
import { followActiveRuns, followRunById, runEnded, whenRunEnds } from "@/data/runs";
import { listen } from "@/data/socket";

/** Changes within this time are read together, in milliseconds. */
const BATCH_WINDOW = 60;
/** If more conversations than this change at once, reload their lists instead. */
const MANY = 20;

/** The end of the feed, read before any other data. */
export const feedQuery = queryOptions({
  queryKey: ["feed"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/feed", { signal })),
});

/** Follow the feed from a position while the page is open. */
export function followFeed(position: number): void {
  listen(position, {
    connected: () =>
      void followActiveRuns()
        .catch(() => undefined)
        .then(flushOutbox),
    lost: () => void queryClient.invalidateQueries(),
    changed: onEvent,
    isKnown: () =>
      unwrap(api.GET("/api/v1/me")).then(
        () => true,
        (error: unknown) => !(error instanceof Refused && error.status === 401),
      ),
  });
}

type Noun = EventKind extends infer Kind ? (Kind extends `${infer N}.${string}` ? N : never) : never;

/** Handle one change. */
function onEvent({ type, entry }: FeedEvent): void {
  const noun = type.split(".")[0] as Noun;
  const conversation = entry.conversation_id;
  markStale(entry.subject_id);
  if (type === "run.started") void followRunById(entry.subject_id).catch(() => undefined);
  else if (noun === "run") runEnded(entry.subject_id);
  if (noun === "project") void rereadProject(entry.subject_id, type);
  if (noun === "collection") void rereadCollection(entry.subject_id).catch(() => undefined);
  if (noun === "artifact") queueArtifact(entry.subject_id, type);
  if (conversation === null) return;
  if (noun === "branch") void refetch(branchesQuery(conversation));
  if (type === "message.rated") void refetch({ queryKey: ["ratings", conversation] });
  if (noun === "conversation" || noun === "message" || noun === "branch") queueConversation(conversation, type);
}

/** Recent kinds of changes by conversation, latest last. */
const changedConversations = new Map<string, Set<EventKind>>();

function queueConversation(conversation: string, kind: EventKind): void {
  if (changedConversations.size === 0) setTimeout(() => void rereadChanged(), BATCH_WINDOW);
  const kinds = changedConversations.get(conversation) ?? new Set();
  kinds.delete(kind);
  changedConversations.set(conversation, kinds.add(kind));
}

/** Recently created or changed artifacts. */
const changedArtifacts = new Map<string, EventKind>();

function queueArtifact(id: string, kind: EventKind): void {
  if (changedArtifacts.size === 0) setTimeout(() => void rereadChangedArtifacts(), BATCH_WINDOW);
  changedArtifacts.set(id, kind);
}

async function rereadChangedArtifacts(): Promise<void> {
  const all = [...changedArtifacts];
  changedArtifacts.clear();
  if (all.length > MANY) return void rereadArtifacts();
  await Promise.all(all.map(([id, kind]) => rereadArtifact(id, kind).catch(() => undefined)));
}

async function rereadArtifacts(): Promise<void> {
  await Promise.all(["artifacts", "artifacts-of", "artifact", "revisions"].map((name) => refetch({ queryKey: [name] })));
}

/** Changes that also add or remove artifacts. */
const BRINGS_AND_TAKES: readonly EventKind[] = ["message.deleted", "branch.deleted", "branch.restored", "conversation.restored"];

async function rereadChanged(): Promise<void> {
  const all = [...changedConversations];
  changedConversations.clear();
  hideGone(all.filter(([, kinds]) => isGone(kinds)).map(([id]) => id));
  const left = all.filter(([, kinds]) => !isGone(kinds));
  if (left.some(([, kinds]) => BRINGS_AND_TAKES.some((kind) => kinds.has(kind)))) void rereadArtifacts();
  if (left.length > MANY) void refetch({ queryKey: ["conversations"] });
  await Promise.all((left.length > MANY ? left.filter(([id]) => isShown(id)) : left).map(([id, kinds]) => reread(id, kinds)));
}

function hideGone(ids: readonly string[]): void {
  if (ids.length === 0) return;
  // Reload the trash: the conversation may be in it or permanently deleted.
  notifyManager.batch(() => ids.forEach((id) => hideConversation(id)));
  void refetch({ queryKey: ["conversations", { deleted: true }] });
  const gone = new Set(ids);
  hideArtifacts(({ conversation_id }) => conversation_id !== null && gone.has(conversation_id));
  for (const id of ids) if (isShown(id)) void refetch(conversationQuery(id));
}

function isShown(id: string): boolean {
  return queryClient.getQueryCache().find({ queryKey: ["conversation", id], type: "active" }) !== undefined;
}

/** Reload a conversation and the affected messages. */
async function reread(id: string, kinds: ReadonlySet<EventKind>): Promise<void> {
  try {
    const now = await readUnlessChanged(id, () => fetchConversation(id));
    if (now) showConversation(now);
    const taken = kinds.has("message.deleted") || kinds.has("branch.deleted") || kinds.has("branch.restored");
    if (taken) await refreshThread(id);
    else if (kinds.has("message.created")) await loadNewMessages(id);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) return;
    hideConversation(id);
    await refetch(conversationQuery(id));
  }
}

whenRunEnds((run) => loadNewMessages(run.conversation_id));
