/** Message ratings. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Rating, api, unwrap } from "@/api/client";
import { updateCached } from "@/data/cache-updates";
import { queryClient } from "@/data/client";
import { notice } from "@/lib/notice";

export type RatingValue = Rating["value"];

/** The ratings in a conversation, by message. */
export function ratingsQuery(conversationId: string) {
  return queryOptions({
    queryKey: ["ratings", conversationId],
    queryFn: async ({ signal }): Promise<Readonly<Record<string, RatingValue>>> => {
      const { items } = await unwrap(
        api.GET("/api/v1/conversations/{conversation_id}/ratings", {
          params: { path: { conversation_id: conversationId } },
          signal,
        }),
      );
      return Object.fromEntries(items.map((rating) => [rating.message_id, rating.value]));
    },
  });
}

/** A message was rated, according to the feed. */
export function showRating({ conversation_id, message_id, value }: Rating): void {
  const { queryKey } = ratingsQuery(conversation_id);
  updateCached<Readonly<Record<string, RatingValue>>>(queryKey, (ratings) => ({ ...ratings, [message_id]: value }));
}

/** Rate a message optimistically; rolls back with a notice if the server refuses. */
export function useRateMessage(conversationId: string) {
  const { queryKey } = ratingsQuery(conversationId);
  return useMutation({
    mutationFn: ({ id, value }: { id: string; value: RatingValue }) =>
      unwrap(
        api.PUT("/api/v1/conversations/{conversation_id}/messages/{message_id}/rating", {
          params: { path: { conversation_id: conversationId, message_id: id } },
          body: { value: value as -1 | 0 | 1 },
        }),
      ),
    onMutate: ({ id, value }) => {
      const before = queryClient.getQueryData(queryKey);
      queryClient.setQueryData(queryKey, (ratings) => ({ ...ratings, [id]: value }));
      return { before };
    },
    onError: (error, _, context) => {
      queryClient.setQueryData(queryKey, context?.before);
      notice.error(error);
    },
  });
}
