/** Messages: queries and mutations. */
import { type Query, type QueryKey, infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";

import { type Appended, type Branch, type Message, type MessagePage, type Part, Refused, type Run, Unreachable, api, unwrap, unwrapWithRetry } from "@/api/client";
import { branchesQuery, rereadBranches, restoreBranch, showBranch } from "@/data/branches";
import { seed, updateCached } from "@/data/cache-updates";
import { queryClient } from "@/data/client";
import { enqueueRequest } from "@/data/request-queue";
import { followRuns } from "@/data/runs";
import { PAGE, PAGES, type Side, type Thread, ending, extended, prefix, wholeThread, withAppended } from "@/data/thread";
import { isOnPath } from "@/data/tree";
import { t } from "@/i18n";
import { NO_DRAFT, drafts } from "@/lib/drafts";
import { newId } from "@/lib/ids";
import { explain, notice } from "@/lib/notice";

/** What is shown of a conversation: a branch, at its end or around a message. */
export interface View {
  readonly branch: string;
  readonly around?: string | undefined;
}

export function threadQuery(conversationId: string, { branch, around }: View) {
  return infiniteQueryOptions({
    queryKey: ["thread", conversationId, branch, around ?? "end"],
    queryFn: ({ pageParam, signal }) => readPage(conversationId, branch, pageParam, signal),
    initialPageParam: (around ? { around } : { last: PAGE }) as Side,
    getPreviousPageParam: (page): Side | undefined => (page.before ? { before: page.before } : undefined),
    getNextPageParam: (page): Side | undefined => (page.after ? { after: page.after } : undefined),
    maxPages: PAGES,
  });
}

function readPage(conversationId: string, branch: string, side: Side, signal?: AbortSignal): Promise<MessagePage> {
  const query = "last" in side ? side : { ...side, limit: PAGE };
  return unwrap(
    api.GET("/api/v1/conversations/{conversation_id}/messages", {
      params: { path: { conversation_id: conversationId }, query: { ...query, branch } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** The newest message of a branch. */
export function headQuery(conversationId: string, branch: Branch) {
  return queryOptions({
    queryKey: ["head", conversationId, branch.head_id],
    queryFn: async ({ signal }): Promise<Message | null> =>
      (await readPage(conversationId, branch.id, { last: 1 }, signal)).items[0] ?? null,
  });
}

/** When a conversation is closed, keep only its last pages, which are enough to open it. */
export function closeThread(conversationId: string, view: View): void {
  const { queryKey } = threadQuery(conversationId, view);
  queryClient.setQueryData<Thread>(queryKey, (thread) => thread && (thread.pages.at(-1)?.after === null ? ending(thread) : thread));
}

/** Reload the end of a branch. */
export async function readEnd(conversationId: string, branch: string): Promise<void> {
  const page = await readPage(conversationId, branch, { last: PAGE });
  queryClient.setQueryData<Thread>(threadQuery(conversationId, { branch }).queryKey, { pages: [page], pageParams: [{ last: PAGE }] });
}

/** Prepare the view of another branch: shared messages are kept, and the others are loaded. */
export async function prepareBranch(conversationId: string, from: View, to: string): Promise<void> {
  const branches = queryClient.getQueryData(branchesQuery(conversationId).queryKey)?.items ?? [];
  const shown = queryClient.getQueryData<Thread>(threadQuery(conversationId, from).queryKey);
  const shared = shown && prefix(shown, (message) => isOnPath(branches, to, message));
  const last = shared?.pages.at(-1)?.items.at(-1);
  const next = threadQuery(conversationId, { branch: to });
  if (!shared || !last) {
    await queryClient.fetchInfiniteQuery(next);
    return;
  }
  const more = await readPage(conversationId, to, { after: last.id });
  queryClient.setQueryData<Thread>(next.queryKey, extended(shared, more));
}

/** Messages were appended, according to the feed: show them. */
export async function showAppended({ conversation, branch, messages }: Appended): Promise<void> {
  const { queryKey } = threadQuery(conversation.id, { branch: branch.id });
  const last = messages.at(-1);
  if (last && last.id === branch.head_id) queryClient.setQueryData(headQuery(conversation.id, branch).queryKey, last);
  if (last && messages.length === conversation.message_count && branch.id === conversation.branch) showWhole(conversation.id, branch, messages);
  showBranch(branch);
  updateCached<Thread>(queryKey.slice(0, 3), (thread) => withAppended(thread, messages));
  await loadMissedMessages(conversation.id);
}

/** Show a conversation whose only messages these are, unless it is loaded. */
function showWhole(conversationId: string, branch: Branch, items: readonly Message[]): void {
  seed(branchesQuery(conversationId).queryKey, { items: [branch], current: branch.id });
  seed(threadQuery(conversationId, { branch: branch.id }).queryKey, wholeThread(items));
}

/** Load messages that the shown views lack; other views load them when they are shown. */
export async function loadMissedMessages(conversationId: string): Promise<void> {
  const queryKey = ["thread", conversationId];
  queryClient.removeQueries({ queryKey, type: "inactive", predicate: (query) => query.state.fetchStatus === "idle" && isBehind(query) });
  await Promise.all(queryClient.getQueryCache().findAll({ queryKey }).map(extendThread));
}

/** Whether messages are missing at the end. What the branch says may be old; then the feed is about to say more. */
function isBehind({ state, queryKey }: Query): boolean {
  const tail = (state.data as Thread | undefined)?.pages.at(-1);
  if (!tail || tail.after !== null) return false;
  const [, conversationId, id] = queryKey as [string, string, string];
  const branches = queryClient.getQueryData(branchesQuery(conversationId).queryKey)?.items;
  if (!branches) return true;
  const branch = branches.find((one) => one.id === id);
  return branch !== undefined && branch.head_id !== (tail.items.at(-1)?.id ?? null); // without one: it was deleted
}

async function extendThread(query: Query): Promise<void> {
  await query.promise?.catch(() => undefined);
  if (!isBehind(query)) return;
  const [, conversationId, branch] = query.queryKey as [string, string, string];
  const last = (query.state.data as Thread).pages.at(-1)?.items.at(-1);
  const more = await readPage(conversationId, branch, last ? { after: last.id } : { last: PAGE }).catch(nothingIfGone);
  if (more === undefined) return;
  // A page that is loading is merged without this.
  if (query.state.fetchStatus === "fetching") await extendThread(query);
  else if (more.items.length > 0) queryClient.setQueryData<Thread>(query.queryKey, (thread) => thread && extended(thread, more));
}

/** The last message may be deleted already; the feed is about to say so. */
function nothingIfGone(error: unknown): undefined {
  if (!(error instanceof Refused) || error.status !== 404) throw error;
}

/** Load what the feed did not bring. */
export async function rereadThread(conversationId: string): Promise<void> {
  if (queryClient.getQueryCache().findAll({ queryKey: ["thread", conversationId] }).length === 0) return;
  await rereadBranches(conversationId);
  await loadMissedMessages(conversationId);
}

/** Messages were deleted or restored: update the view. */
export async function refreshThread(conversationId: string): Promise<void> {
  const { items } = await rereadBranches(conversationId);
  const threads = queryClient.getQueryCache().findAll({ queryKey: ["thread", conversationId], type: "active" });
  for (const { queryKey } of threads) prune(queryKey, items);
  await loadMissedMessages(conversationId);
}

function prune(queryKey: QueryKey, branches: readonly Branch[]): void {
  const branch = branches.find(({ id }) => id === queryKey[2]);
  const thread = queryClient.getQueryData<Thread>(queryKey);
  if (!branch || !thread) return; // a user on a deleted branch is moved to another one
  const left = prefix(thread, (message) => isOnPath(branches, branch.id, message));
  if (left.pages.length > 0) queryClient.setQueryData<Thread>(queryKey, left);
  else void queryClient.resetQueries({ queryKey });
}

/** Edits that may not be stored yet, with their ids, so that a repeated request is recognised. */
const edits = new Map<string, { readonly content: string; readonly id: string }>();

function idOfEdit(messageId: string, parts: readonly Part[]): string {
  const content = JSON.stringify(parts);
  const before = edits.get(messageId);
  const id = before?.content === content ? before.id : newId();
  edits.set(messageId, { content, id });
  return id;
}

/** Edit a message; its draft is deleted once the edit is stored. */
export function useEditMessage(conversationId: string) {
  const path = { conversation_id: conversationId };
  return useMutation({
    mutationFn: async ({ message, parts, models }: { message: Message; parts: Part[]; models: readonly string[] }) => {
      const edited: Message = await unwrap(
        api.POST("/api/v1/conversations/{conversation_id}/messages/{message_id}/edit", {
          params: { path: { ...path, message_id: message.id } },
          body: { id: idOfEdit(message.id, parts), parts },
        }),
      );
      edits.delete(message.id);
      drafts.change(message.id, NO_DRAFT);
      // The request is idempotent, because it has an id.
      if (edited.role === "user") await answer(conversationId, edited.branch, models, edited.id).catch(notice.error);
    },
    retry: (count, error) => error instanceof Unreachable && count === 0,
    // While offline the messages cannot be loaded; they are after reconnecting.
    onSettled: () => rereadBranches(conversationId).catch(() => undefined),
    onError: (error) => notice.failure(t("thread.edit.failed"), explain(error)),
  });
}

/** Generate a response to the last message of a branch. */
export function useGenerateResponse(conversationId: string) {
  return useMutation({
    mutationFn: ({ branch, models }: { branch: string; models: readonly string[] }) =>
      answer(conversationId, branch, models, newId()),
    onError: notice.error,
  });
}

async function answer(conversationId: string, branch: string, models: readonly string[], id: string): Promise<void> {
  const { runs } = await enqueueRequest([conversationId], () =>
    unwrapWithRetry(() =>
      api.POST("/api/v1/conversations/{conversation_id}/answer", {
        params: { path: { conversation_id: conversationId } },
        body: { id, branch, ...(models.length > 0 ? { models: [...models] } : {}) },
      }),
    ),
  );
  followRuns(runs);
}

/** Regenerate a response, with the same or another model. */
export function useRegenerateResponse(conversationId: string) {
  return useMutation({
    mutationFn: async ({ id, model }: { id: string; model: string | undefined }): Promise<Run> => {
      const request = newId();
      const { run } = await enqueueRequest([conversationId], () =>
        unwrapWithRetry(() =>
          api.POST("/api/v1/conversations/{conversation_id}/messages/{message_id}/retry", {
            params: { path: { conversation_id: conversationId, message_id: id } },
            body: { id: request, ...(model ? { model } : {}) },
          }),
        ),
      );
      return run;
    },
    onSuccess: (run) => followRuns([run]),
    onError: notice.error,
  });
}

/** Move a message and everything after it to the trash, with undo. */
export function useDeleteMessage(conversationId: string) {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        api.DELETE("/api/v1/conversations/{conversation_id}/messages/{message_id}", {
          params: { path: { conversation_id: conversationId, message_id: id } },
        }),
      ),
    onSuccess: async ({ branch, count }) => {
      notice.undoable(t("thread.deleted", { count }), () => restoreBranch(conversationId, branch));
      await refreshThread(conversationId);
    },
    onError: notice.error,
  });
}
