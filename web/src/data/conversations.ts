/** Conversations: lists in the order of their last activity, and what can be done with one. */
import { infiniteQueryOptions, notifyManager, queryOptions, useMutation } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";

import { type Conversation, type ConversationPage, Refused, api, ask } from "@/api/client";
import type { components } from "@/api/schema";
import { updateCached } from "@/data/cache-updates";
import { queryClient } from "@/data/client";
import { type ConversationFilter, type ConversationList, withConversations } from "@/data/conversation-list";
import { without } from "@/data/pages";
import { enqueueRequest } from "@/data/request-queue";
import { t } from "@/i18n";
import { settleAll } from "@/lib/settle-all";
import { notice } from "@/lib/notice";

export type ConversationChanges = Omit<components["schemas"]["ConversationChanges"], "version">;

const PAGE = 60;

export function conversationsQuery(filter: ConversationFilter) {
  return infiniteQueryOptions({
    queryKey: ["conversations", filter],
    queryFn: ({ pageParam, signal }): Promise<ConversationPage> =>
      ask(
        api.GET("/api/v1/conversations", {
          params: { query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // What does not change stays the same object already; to compare ten thousand would take long.
    structuralSharing: false,
    // The feed does not say what is in the trash.
    ...(filter.deleted ? { staleTime: 0 } : {}),
  });
}

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id],
    queryFn: ({ signal }): Promise<Conversation> => fetchConversation(id, signal),
  });
}

export function fetchConversation(id: string, signal?: AbortSignal): Promise<Conversation> {
  return ask(
    api.GET("/api/v1/conversations/{conversation_id}", {
      params: { path: { conversation_id: id } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** Make a conversation, and show it; one that was made before is shown as it is by now. */
export async function createConversation(body: components["schemas"]["NewConversation"] & { id: string }): Promise<void> {
  const created = ask(api.POST("/api/v1/conversations", { body })).catch((error: unknown) => {
    if (error instanceof Refused && error.code === "already-exists") return fetchConversation(body.id);
    throw error;
  });
  showConversation(await created);
}

/** Show a conversation as it is now, in every list where it belongs, and in no other. */
export function showConversation(conversation: Conversation): void {
  showConversations([conversation]);
}

function showConversations(now: readonly Conversation[]): void {
  const changed = now.map(withPendingChanges);
  notifyManager.batch(() => {
    for (const one of changed) queryClient.setQueryData(conversationQuery(one.id).queryKey, one);
    changeLists((list, filter) => withConversations(list, filter, changed));
  });
}

/** Take a conversation out of every list but that of the trash, where it may be now. */
export function hideConversation(id: string): void {
  changeLists((list, filter) => (filter.deleted ? list : without(list, new Set([id]))));
}

/** Take a conversation that is gone for good out of every list. */
export function forgetConversation(id: string): void {
  changeLists((list) => without(list, new Set([id])));
}

const LISTS = ["conversations"];

function changeLists(change: (list: ConversationList, filter: ConversationFilter) => ConversationList): void {
  updateCached<ConversationList>(LISTS, (list, [, filter]) => change(list, filter as ConversationFilter));
}

/** By conversation, what the server was asked for and has not answered yet. */
type PendingChange = ReadonlyMap<string, ConversationChanges & { readonly deleted_at?: string | null }>;

const pendingChanges = new Set<PendingChange>();

function withPendingChanges(conversation: Conversation): Conversation {
  const changes = [...pendingChanges].map((pending) => pending.get(conversation.id));
  return changes.some(Boolean) ? (Object.assign({}, conversation, ...changes) as Conversation) : conversation;
}

/**
 * Ask for changes of conversations. They are shown at once and for as long as they are not answered; those that are
 * refused are as before again, with one notice. What was asked first is done first. Resolves with what was done.
 */
async function requestChange(change: PendingChange, request: (id: string) => Promise<Conversation>): Promise<readonly Conversation[]> {
  const before = knownConversations([...change.keys()]);
  pendingChanges.add(change);
  showConversations(before);
  const results = await enqueueRequest(change.keys(), () => settleAll([...change.keys()], request));
  pendingChanges.delete(change);
  const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const answered = new Set(done.map(({ id }) => id));
  showConversations([...done, ...before.filter(({ id }) => !answered.has(id))]);
  const refused = results.find((result) => result.status === "rejected");
  if (refused) notice.error(refused.reason);
  return done;
}

/** Change conversations, each as is said of it. */
export function updateConversations(changes: ReadonlyMap<string, ConversationChanges>): Promise<readonly Conversation[]> {
  return requestChange(changes, (id) =>
    ask(api.PATCH("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } }, body: changes.get(id) ?? {} })),
  );
}

/** Change a conversation: shown at once, taken back with a notice if the server refuses. */
export function useUpdateConversation() {
  return useMutation({
    mutationFn: async ({ id, changes }: { id: string; changes: ConversationChanges }): Promise<Conversation> => {
      const [changed] = await updateConversations(new Map([[id, changes]]));
      if (!changed) throw new Error("It was refused, which has been said.");
      return changed;
    },
  });
}

/** Put conversations into the trash, with a way back. */
export async function deleteConversations(conversations: readonly Conversation[]): Promise<void> {
  const now = new Date().toISOString();
  const gone = await requestChange(new Map(conversations.map(({ id }) => [id, { deleted_at: now }])), (id) =>
    ask(api.DELETE("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } } })),
  );
  if (gone.length === 0) return;
  const text = t("sidebar.deleted", { count: gone.length, title: gone[0]?.title || t("app.untitled") });
  notice.undoable(text, () => void restoreConversations(gone.map(({ id }) => id)));
}

function restoreConversations(ids: readonly string[]): Promise<readonly Conversation[]> {
  return requestChange(new Map(ids.map((id) => [id, { deleted_at: null }])), (id) =>
    ask(api.POST("/api/v1/conversations/{conversation_id}/restore", { params: { path: { conversation_id: id } } })),
  );
}

/** Take a conversation out of the trash. */
export function useRestoreConversation() {
  return useMutation({ mutationFn: (id: string) => restoreConversations([id]) });
}

/** What is known of a conversation without asking. */
export function knownConversation(id: string): Conversation | undefined {
  return knownConversations([id])[0];
}

export function knownConversations(ids: readonly string[]): readonly Conversation[] {
  const listed = new Map(loaded().map((conversation) => [conversation.id, conversation]));
  return ids.flatMap((id) => queryClient.getQueryData(conversationQuery(id).queryKey) ?? listed.get(id) ?? []);
}

/** The tags of all conversations that are loaded by now. */
export function useKnownTags(): readonly string[] {
  const names = useSyncExternalStore(
    (tell) => queryClient.getQueryCache().subscribe(tell),
    () => JSON.stringify([...new Set(loaded().flatMap(({ tags }) => tags))]),
  );
  return useMemo(() => (JSON.parse(names) as string[]).toSorted((a, b) => a.localeCompare(b)), [names]);
}

function loaded(): readonly Conversation[] {
  return queryClient.getQueriesData<ConversationList>({ queryKey: LISTS }).flatMap(([, list]) => list?.pages.flatMap(({ items }) => items) ?? []);
}
