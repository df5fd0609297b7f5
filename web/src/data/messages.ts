/** Reading and changing what was said. */
import { type Query, type QueryKey, infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";

import { type Branch, type Message, type MessagePage, type Part, Refused, type Run, Unreachable, api, ask, askAgain } from "@/api/client";
import { branchesQuery, rereadBranches, restoreBranch } from "@/data/branches";
import { queryClient, readAnew } from "@/data/client";
import { enqueueRequest } from "@/data/request-queue";
import { followRuns } from "@/data/runs";
import { PAGE, PAGES, type Side, type Thread, ending, extended, prefix } from "@/data/thread";
import { isOnPath } from "@/data/tree";
import { t } from "@/i18n";
import { NO_DRAFT, drafts } from "@/lib/drafts";
import { newId } from "@/lib/ids";
import { explain, notice } from "@/lib/notice";

/** What is shown of a conversation: a branch, from its end or from around a message of it. */
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
  return ask(
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

/** Keep of a thread that is left its end alone, which is enough to open it with. */
export function closeThread(conversationId: string, view: View): void {
  const { queryKey } = threadQuery(conversationId, view);
  queryClient.setQueryData<Thread>(queryKey, (thread) => thread && (thread.pages.at(-1)?.after === null ? ending(thread) : thread));
}

/** Read the end of a branch, whatever is held of it. */
export async function readEnd(conversationId: string, branch: string): Promise<void> {
  const page = await readPage(conversationId, branch, { last: PAGE });
  queryClient.setQueryData<Thread>(threadQuery(conversationId, { branch }).queryKey, { pages: [page], pageParams: [{ last: PAGE }] });
}

/** Make ready to show another branch: what both share stays as it is shown, and what follows is read. */
export async function carryOver(conversationId: string, from: View, to: string): Promise<void> {
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

/** Within this time, in milliseconds, something that was made ready is shown. */
const SOON = 2000;

/** Read what was said since into what is shown; what is not shown is read when it is. */
export async function catchUp(conversationId: string): Promise<void> {
  const queryKey = ["thread", conversationId];
  queryClient.removeQueries({ queryKey, type: "inactive", predicate: isLeft });
  await Promise.all(queryClient.getQueryCache().findAll({ queryKey }).map(catchUpThread));
}

/** Messages have come: read them, and where the branches end now. */
export async function loadNewMessages(conversationId: string): Promise<void> {
  await Promise.all([catchUp(conversationId), readAnew(branchesQuery(conversationId))]);
}

function isLeft({ state }: Query): boolean {
  return state.fetchStatus === "idle" && state.dataUpdatedAt < Date.now() - SOON;
}

async function catchUpThread(query: Query): Promise<void> {
  await query.promise?.catch(() => undefined);
  const tail = (query.state.data as Thread | undefined)?.pages.at(-1);
  if (!tail || tail.after !== null) return;
  const [, conversationId, branch] = query.queryKey as [string, string, string];
  const branches = queryClient.getQueryData(branchesQuery(conversationId).queryKey)?.items;
  if (branches && !branches.some(({ id }) => id === branch)) return; // it was deleted
  const last = tail.items.at(-1);
  const more = await readPage(conversationId, branch, last ? { after: last.id } : { last: PAGE }).catch(nothingIfGone);
  if (more === undefined) return;
  // A page that is being read is added to what was there before, without this.
  if (query.state.fetchStatus === "fetching") await catchUpThread(query);
  else if (more.items.length > 0) queryClient.setQueryData<Thread>(query.queryKey, (thread) => thread && extended(thread, more));
}

/** What came last may have been deleted by now; the news of that is on its way, and shows it. */
function nothingIfGone(error: unknown): undefined {
  if (!(error instanceof Refused) || error.status !== 404) throw error;
}

/** Something was taken out of a conversation, or came back: show it as it is now. */
export async function refreshThread(conversationId: string): Promise<void> {
  const { items } = await rereadBranches(conversationId);
  const threads = queryClient.getQueryCache().findAll({ queryKey: ["thread", conversationId], type: "active" });
  for (const { queryKey } of threads) prune(queryKey, items);
  await catchUp(conversationId);
}

function prune(queryKey: QueryKey, branches: readonly Branch[]): void {
  const branch = branches.find(({ id }) => id === queryKey[2]);
  const thread = queryClient.getQueryData<Thread>(queryKey);
  if (!branch || !thread) return; // whoever was on a branch that is gone is taken elsewhere
  const left = prefix(thread, (message) => isOnPath(branches, branch.id, message));
  if (left.pages.length > 0) queryClient.setQueryData<Thread>(queryKey, left);
  else void queryClient.resetQueries({ queryKey });
}

/** What is said in the place of messages and may not be stored yet, with its id: sent again, it is the same. */
const edits = new Map<string, { readonly content: string; readonly id: string }>();

function idOfEdit(messageId: string, parts: readonly Part[]): string {
  const content = JSON.stringify(parts);
  const before = edits.get(messageId);
  const id = before?.content === content ? before.id : newId();
  edits.set(messageId, { content: content, id });
  return id;
}

/** Say something else in a message's place; what was kept of that until now is forgotten when it is stored. */
export function useEditMessage(conversationId: string) {
  const path = { conversation_id: conversationId };
  return useMutation({
    mutationFn: async ({ message, parts, models }: { message: Message; parts: Part[]; models: readonly string[] }) => {
      const edited: Message = await ask(
        api.POST("/api/v1/conversations/{conversation_id}/messages/{message_id}/edit", {
          params: { path: { ...path, message_id: message.id } },
          body: { id: idOfEdit(message.id, parts), parts },
        }),
      );
      edits.delete(message.id);
      drafts.change(message.id, NO_DRAFT);
      // With the id of what it answers it may be asked for again, whatever became of the first time.
      if (edited.role === "user") await answer(conversationId, edited.branch, models, edited.id).catch(notice.error);
    },
    retry: (count, error) => error instanceof Unreachable && count === 0,
    // While the server is away they cannot be read; they are when it is back.
    onSettled: () => rereadBranches(conversationId).catch(() => undefined),
    onError: (error) => notice.failure(t("thread.edit.failed"), explain(error)),
  });
}

/** Have what was said last on a branch answered. */
export function useAnswerAgain(conversationId: string) {
  return useMutation({
    mutationFn: ({ branch, models }: { branch: string; models: readonly string[] }) =>
      answer(conversationId, branch, models, newId()),
    onSuccess: () => rereadBranches(conversationId),
    onError: notice.error,
  });
}

async function answer(conversationId: string, branch: string, models: readonly string[], id: string): Promise<void> {
  const { runs } = await enqueueRequest([conversationId], () =>
    askAgain(() =>
      api.POST("/api/v1/conversations/{conversation_id}/answer", {
        params: { path: { conversation_id: conversationId } },
        body: { id, branch, ...(models.length > 0 ? { models: [...models] } : {}) },
      }),
    ),
  );
  followRuns(runs);
}

/** Have a model answer again in a message's place: the same, or another. */
export function useRetryMessage(conversationId: string) {
  return useMutation({
    mutationFn: async ({ id, model }: { id: string; model: string | undefined }): Promise<Run> => {
      const request = newId();
      const { run } = await enqueueRequest([conversationId], () =>
        askAgain(() =>
          api.POST("/api/v1/conversations/{conversation_id}/messages/{message_id}/retry", {
            params: { path: { conversation_id: conversationId, message_id: id } },
            body: { id: request, ...(model ? { model } : {}) },
          }),
        ),
      );
      return run;
    },
    onSuccess: async (run) => {
      followRuns([run]);
      await rereadBranches(conversationId);
    },
    onError: notice.error,
  });
}

/** Put a message and all that follows from it into the trash, with a way back. */
export function useDeleteMessage(conversationId: string) {
  return useMutation({
    mutationFn: (id: string) =>
      ask(
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
