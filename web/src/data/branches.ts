/** The branches of a conversation, and the user's current one. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Branch, api, unwrap } from "@/api/client";
import { updateCached } from "@/data/cache-updates";
import { queryClient } from "@/data/client";
import { t } from "@/i18n";
import { notice } from "@/lib/notice";

export interface Branches {
  readonly items: readonly Branch[];
  /** The user's current branch. */
  readonly current: string;
}

/** The branch that was just selected, by conversation, until the server confirms it. */
const chosen = new Map<string, string>();

export function branchesQuery(conversationId: string) {
  return queryOptions({
    queryKey: ["branches", conversationId],
    queryFn: async ({ signal }): Promise<Branches> => {
      const path = { conversation_id: conversationId };
      const branches = await unwrap(api.GET("/api/v1/conversations/{conversation_id}/branches", { params: { path }, signal }));
      return { ...branches, current: chosen.get(conversationId) ?? branches.current };
    },
  });
}

/** Add or replace a branch. */
export function showBranch(branch: Branch): void {
  updateCached<Branches>(branchesQuery(branch.conversation_id).queryKey, (branches) => {
    const known = branches.items.some(({ id }) => id === branch.id);
    return { ...branches, items: known ? branches.items.map((one) => (one.id === branch.id ? branch : one)) : [...branches.items, branch] };
  });
}

/** The user's current branch is another one, according to the feed. */
export function showCurrentBranch(conversationId: string, branch: string): void {
  updateCached<Branches>(branchesQuery(conversationId).queryKey, (branches) => ({ ...branches, current: chosen.get(conversationId) ?? branch }));
}

/** Reload the branches. */
export async function rereadBranches(conversationId: string): Promise<Branches> {
  const query = branchesQuery(conversationId);
  // A request in progress may be out of date.
  await queryClient.getQueryCache().find(query)?.promise?.catch(() => undefined);
  return queryClient.fetchQuery({ ...query, staleTime: 0 });
}

/** Switch to another branch; shown at once. */
export function useSwitchBranch(conversationId: string) {
  const { queryKey } = branchesQuery(conversationId);
  return useMutation({
    mutationFn: (branch: string): Promise<Branch> =>
      unwrap(
        api.POST("/api/v1/conversations/{conversation_id}/branches/{branch_id}/switch", {
          params: { path: { conversation_id: conversationId, branch_id: branch } },
        }),
      ),
    onMutate: (branch) => {
      const before = queryClient.getQueryData(queryKey);
      chosen.set(conversationId, branch);
      queryClient.setQueryData(queryKey, (data) => data && { ...data, current: branch });
      return { before };
    },
    onError: (error, _, context) => {
      queryClient.setQueryData(queryKey, context?.before);
      notice.error(error);
    },
    onSettled: () => chosen.delete(conversationId),
  });
}

/** Create a branch after a message, and switch to it. */
export function useForkBranch(conversationId: string) {
  return useMutation({
    mutationFn: ({ at, name }: { at: string; name?: string }): Promise<Branch> =>
      unwrap(
        api.POST("/api/v1/conversations/{conversation_id}/branches", {
          params: { path: { conversation_id: conversationId } },
          body: { at, switch: true, ...(name ? { name } : {}) },
        }),
      ),
    onSuccess: async (branch) => {
      await rereadBranches(conversationId);
      notice.success(t("thread.forked", { name: branch.name }));
    },
    onError: notice.error,
  });
}

/** Rename a branch optimistically; rolls back with a notice if the server refuses. */
export function useRenameBranch(conversationId: string) {
  const { queryKey } = branchesQuery(conversationId);
  return useMutation({
    mutationFn: ({ branch, name }: { branch: string; name: string }): Promise<Branch> =>
      unwrap(
        api.PATCH("/api/v1/conversations/{conversation_id}/branches/{branch_id}", {
          params: { path: { conversation_id: conversationId, branch_id: branch } },
          body: { name },
        }),
      ),
    onMutate: ({ branch, name }) => {
      const before = queryClient.getQueryData(queryKey);
      queryClient.setQueryData(
        queryKey,
        (data) => data && { ...data, items: data.items.map((item) => (item.id === branch ? { ...item, name } : item)) },
      );
      return { before };
    },
    onError: (error, _, context) => {
      queryClient.setQueryData(queryKey, context?.before);
      notice.error(error);
    },
  });
}

/** Move a branch and its descendants to the trash, with undo. */
export function useDeleteBranch(conversationId: string) {
  return useMutation({
    mutationFn: (branch: string) =>
      unwrap(
        api.DELETE("/api/v1/conversations/{conversation_id}/branches/{branch_id}", {
          params: { path: { conversation_id: conversationId, branch_id: branch } },
        }),
      ),
    onSuccess: async ({ branch, count }) => {
      notice.undoable(t("thread.deleted", { count }), () => restoreBranch(conversationId, branch));
      await rereadBranches(conversationId);
    },
    onError: notice.error,
  });
}

/** Restore what a deletion removed. The feed updates the view. */
export function restoreBranch(conversationId: string, branch: string): void {
  unwrap(
    api.POST("/api/v1/conversations/{conversation_id}/branches/{branch_id}/restore", {
      params: { path: { conversation_id: conversationId, branch_id: branch } },
    }),
  )
    .then(() => rereadBranches(conversationId))
    .catch(notice.error);
}
