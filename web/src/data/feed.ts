/** The feed: shows changes from anywhere within a second. Events carry the changed records, so nothing is read again. */
import { notifyManager, queryOptions } from "@tanstack/react-query";

import { type Artifact, type Conversation, type EventKind, type FeedEvent, Refused, api, unwrap } from "@/api/client";
import { hideArtifacts, rereadArtifacts, showArtifactChange } from "@/data/artifacts";
import { showBranch, showCurrentBranch } from "@/data/branches";
import { queryClient, refetch } from "@/data/client";
import { showCollectionChange } from "@/data/collections";
import { conversationQuery, hideConversation, rereadConversation, showConversations } from "@/data/conversations";
import { loadMissedMessages, refreshThread, rereadThread, showAppended } from "@/data/messages";
import { flushOutbox, promptsStored } from "@/data/outbox";
import { showProjectChange } from "@/data/projects";
import { showRating } from "@/data/ratings";
import { followActiveRuns, followRuns, runEnded, runsOf, whenRunEnds } from "@/data/runs";
import { listen } from "@/data/socket";
import { deferred } from "@/lib/lazy";

/** Changes within this time are shown together, in milliseconds. */
const BATCH_WINDOW = 60;

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

type EventOf<Kind extends EventKind> = Extract<FeedEvent, { readonly type: Kind }>;

/** Handle one change. */
function onEvent(event: FeedEvent): void {
  const { subject_id: id, conversation_id: conversation } = event.entry;
  switch (event.type) {
    case "message.created":
      return void onAppended(event);
    case "message.rated":
      return event.record ? showRating(event.record) : undefined;
    case "run.started":
      return event.record ? followRuns([event.record]) : undefined;
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
    case "run.interrupted":
      return runEnded(id);
    case "branch.switched":
    case "branch.created":
    case "branch.updated":
      if (conversation !== null && event.record) showBranch(event.record);
      if (conversation !== null && event.type === "branch.switched") showCurrentBranch(conversation, id);
      return;
    case "message.deleted":
    case "branch.deleted":
    case "branch.restored":
      return conversation === null ? undefined : refreshSoon(conversation, undefined);
    case "conversation.created":
    case "conversation.updated":
    case "conversation.deleted":
    case "conversation.restored":
    case "conversation.purged":
      if (event.type === "conversation.restored") void rereadArtifacts();
      return event.record === undefined ? undefined : showSoon(id, event.record);
    case "project.created":
    case "project.updated":
    case "project.deleted":
    case "project.restored":
      return event.record === undefined ? undefined : showProjectChange(id, event.record);
    case "collection.created":
    case "collection.updated":
    case "collection.deleted":
    case "collection.restored":
      return showCollectionChange(id, event.record);
    case "artifact.created":
    case "artifact.updated":
    case "artifact.deleted":
    case "artifact.restored":
    case "artifact.purged":
    case "artifact.shared":
    case "artifact.unshared":
      return showArtifactSoon(id, { kind: event.type, record: event.record });
    default:
      return void onLibraryChange(event);
  }
}

/** What the user set up for many conversations: the code that shows its changes is not on the first page. */
const libraryChanges = deferred(() => import("@/data/library-changes"));

async function onLibraryChange(event: FeedEvent): Promise<void> {
  (await libraryChanges()).showLibraryChange(event);
}

/** Appended messages whose event comes without a record: a later event carries it. */
const announced = new Set<string>();

async function onAppended({ entry, record }: EventOf<"message.created">): Promise<void> {
  announced.add(entry.subject_id);
  if (record === undefined || entry.conversation_id === null) return;
  const stored = [...announced, ...(record?.messages ?? []).map(({ id }) => id)];
  announced.clear();
  if (record) {
    showSoon(entry.conversation_id, record.conversation);
    await showAppended(record).catch(() => undefined);
  }
  promptsStored(stored);
}

/** Collects changes by id for a short time, so that many are shown at once. */
function collected<T>(show: (changes: ReadonlyMap<string, T>) => void): (id: string, change: T) => void {
  let changes = new Map<string, T>();
  const flush = () => {
    const all = changes;
    changes = new Map();
    notifyManager.batch(() => show(all));
  };
  return (id, change) => {
    if (changes.size === 0) setTimeout(flush, BATCH_WINDOW);
    changes.set(id, change);
  };
}

/** Show a conversation, or with null hide it. */
const showSoon = collected<Conversation | null>((changes) => {
  showConversations([...changes.values()].flatMap((conversation) => conversation ?? []));
  hideGone([...changes].flatMap(([id, conversation]) => (conversation ? [] : [id])));
});

const showArtifactSoon = collected<{ readonly kind: EventKind; readonly record: Artifact | null | undefined }>((changes) => {
  for (const [id, { kind, record }] of changes) showArtifactChange(id, kind, record);
});

function hideGone(ids: readonly string[]): void {
  if (ids.length === 0) return;
  for (const id of ids) hideConversation(id);
  // Reload the trash: the conversation may be in it or permanently deleted.
  void refetch({ queryKey: ["conversations", { deleted: true }] });
  const gone = new Set(ids);
  hideArtifacts(({ conversation_id }) => conversation_id !== null && gone.has(conversation_id));
  for (const id of ids) {
    for (const run of runsOf(id)) runEnded(run.id);
    if (isShown(id)) void refetch(conversationQuery(id));
  }
}

function isShown(id: string): boolean {
  return queryClient.getQueryCache().find({ queryKey: ["conversation", id], type: "active" }) !== undefined;
}

/** Messages were deleted or restored, which concerns everything after them: reload what is shown. */
const refreshSoon = collected<undefined>((changes) => {
  void rereadArtifacts();
  for (const id of changes.keys()) void refresh(id);
});

async function refresh(id: string): Promise<void> {
  try {
    await rereadConversation(id);
    await refreshThread(id);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) hideGone([id]);
  }
}

whenRunEnds(({ conversation_id: id }, reported) => (reported ? loadMissedMessages(id) : rereadThread(id)));
