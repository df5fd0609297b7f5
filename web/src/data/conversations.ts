/** Conversations: queries and mutations. */
import { infiniteQueryOptions, notifyManager, queryOptions, useMutation } from "@tanstack/react-query";

import { type Conversation, type ConversationPage, Refused, api, unwrap } from "@/api/client";
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
      unwrap(
        api.GET("/api/v1/conversations", {
          params: { query: { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Updates keep unchanged objects, so the default deep comparison of large lists is off.
    structuralSharing: false,
    // The feed does not cover the trash.
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
  return unwrap(
    api.GET("/api/v1/conversations/{conversation_id}", {
      params: { path: { conversation_id: id } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** Create a conversation and show it; if it exists already, show its current state. */
export async function createConversation(body: components["schemas"]["NewConversation"] & { id: string }): Promise<void> {
  const created = unwrap(api.POST("/api/v1/conversations", { body })).catch((error: unknown) => {
    if (error instanceof Refused && error.code === "already-exists") return fetchConversation(body.id);
    throw error;
  });
  showConversation(await created);
}

/** Update a conversation in exactly the lists where it belongs. */
export function showConversation(conversation: Conversation): void {
  showConversations([conversation]);
}

export function showConversations(now: readonly Conversation[]): void {
  const changed = now.map(withPendingChanges);
  notifyManager.batch(() => {
    for (const one of changed) {
      queryClient.setQueryData(conversationQuery(one.id).queryKey, one);
      updateCached<Conversation>(conversationQuery(one.id).queryKey, () => one);
    }
    changeLists((list, filter) => withConversations(list, filter, changed));
  });
}

/** Reload a conversation. */
export async function rereadConversation(id: string): Promise<void> {
  const query = conversationQuery(id);
  const now = await queryClient.fetchQuery({ ...query, staleTime: 0 });
  // A change that came meanwhile was applied to the cached one.
  showConversation(queryClient.getQueryData(query.queryKey) ?? now);
}

/** Remove a conversation from every list except the trash. */
export function hideConversation(id: string): void {
  changeLists((list, filter) => (filter.deleted ? list : without(list, new Set([id]))));
}

/** Remove a permanently deleted conversation from every list. */
export function forgetConversation(id: string): void {
  changeLists((list) => without(list, new Set([id])));
}

const LISTS = ["conversations"];

function changeLists(change: (list: ConversationList, filter: ConversationFilter) => ConversationList): void {
  updateCached<ConversationList>(LISTS, (list, [, filter]) => change(list, filter as ConversationFilter));
}

/** Requested changes without a response yet, by conversation. */
type PendingChange = ReadonlyMap<string, ConversationChanges & { readonly deleted_at?: string | null }>;

const pendingChanges = new Set<PendingChange>();

function withPendingChanges(conversation: Conversation): Conversation {
  const changes = [...pendingChanges].map((pending) => pending.get(conversation.id));
  return changes.some(Boolean) ? (Object.assign({}, conversation, ...changes) as Conversation) : conversation;
}

/**
 * Change conversations optimistically, in order of the calls. Refused changes roll back with one notice. Resolves with
 * the conversations that were changed.
 */
async function requestChange(change: PendingChange, request: (id: string) => Promise<Conversation>): Promise<readonly Conversation[]> {
  const before = knownConversations([...change.keys()]);
  pendingChanges.add(change);
  showConversations(before);
  const results = await enqueueRequest(change.keys(), () => settleAll([...change.keys()], request));
  pendingChanges.delete(change);
  const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const answered = new Set(done.map(({ id }) => id));
  // The feed may have brought a later change before the response to this one.
  const current = done.filter(({ id, version }) => (knownConversation(id)?.version ?? 0) <= version);
  showConversations([...current, ...before.filter(({ id }) => !answered.has(id))]);
  const refused = results.find((result) => result.status === "rejected");
  if (refused) notice.error(refused.reason);
  return done;
}

/** Update conversations, each with its own changes. */
export function updateConversations(changes: ReadonlyMap<string, ConversationChanges>): Promise<readonly Conversation[]> {
  return requestChange(changes, (id) =>
    unwrap(api.PATCH("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } }, body: changes.get(id) ?? {} })),
  );
}

/** Update a conversation optimistically; rolls back with a notice if the server refuses. */
export function useUpdateConversation() {
  return useMutation({
    mutationFn: async ({ id, changes }: { id: string; changes: ConversationChanges }): Promise<Conversation> => {
      const [changed] = await updateConversations(new Map([[id, changes]]));
      if (!changed) throw new Error("It was refused, which has been said.");
      return changed;
    },
  });
}

/** Move conversations to the trash, with undo. */
export async function deleteConversations(conversations: readonly Conversation[]): Promise<void> {
  const now = new Date().toISOString();
  const gone = await requestChange(new Map(conversations.map(({ id }) => [id, { deleted_at: now }])), (id) =>
    unwrap(api.DELETE("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } } })),
  );
  if (gone.length === 0) return;
  const text = t("sidebar.deleted", { count: gone.length, title: gone[0]?.title || t("app.untitled") });
  notice.undoable(text, () => void restoreConversations(gone.map(({ id }) => id)));
}

function restoreConversations(ids: readonly string[]): Promise<readonly Conversation[]> {
  return requestChange(new Map(ids.map((id) => [id, { deleted_at: null }])), (id) =>
    unwrap(api.POST("/api/v1/conversations/{conversation_id}/restore", { params: { path: { conversation_id: id } } })),
  );
}

/** Restore a conversation from the trash. */
export function useRestoreConversation() {
  return useMutation({ mutationFn: (id: string) => restoreConversations([id]) });
}

/** The cached conversation, if any. */
export function knownConversation(id: string): Conversation | undefined {
  return knownConversations([id])[0];
}

export function knownConversations(ids: readonly string[]): readonly Conversation[] {
  const listed = new Map(loaded().map((conversation) => [conversation.id, conversation]));
  return ids.flatMap((id) => queryClient.getQueryData(conversationQuery(id).queryKey) ?? listed.get(id) ?? []);
}

function loaded(): readonly Conversation[] {
  return queryClient.getQueriesData<ConversationList>({ queryKey: LISTS }).flatMap(([, list]) => list?.pages.flatMap(({ items }) => items) ?? []);
}
