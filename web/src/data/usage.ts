/** Storage use, and deletion of data. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { queryClient } from "@/data/client";
import { forgetConversation } from "@/data/conversations";
import { t } from "@/i18n";
import { notice } from "@/lib/notice";

export const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/usage", { signal })),
  staleTime: 0,
});

const reread = () =>
  Promise.all([queryClient.invalidateQueries({ queryKey: ["conversations"] }), queryClient.invalidateQueries(usageQuery)]);

/** Move every conversation to the trash. */
export function useDeleteAll() {
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/conversations")),
    onSuccess: ({ count }) => notice.success(t("data.danger.done", { count })),
    onError: notice.error,
    onSettled: reread,
  });
}

/** Delete everything in the trash permanently. */
export function useEmptyTrash() {
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/conversations/purge")),
    onSuccess: ({ count }) => notice.success(t("data.danger.emptied", { count })),
    onError: notice.error,
    onSettled: reread,
  });
}

/** Delete one conversation in the trash permanently. */
export function usePurgeConversation() {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST("/api/v1/conversations/{conversation_id}/purge", { params: { path: { conversation_id: id } } })),
    onSuccess: (_, id) => {
      forgetConversation(id);
      return queryClient.invalidateQueries(usageQuery);
    },
    onError: notice.error,
  });
}
