/** Searching what was said, and conversations by their titles. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { type Conversation, type Hit, type Whole, api, ask } from "@/api/client";
import type { components } from "@/api/schema";
import { type SearchFilter, asTyped, searchParameters, unsearchable } from "@/lib/search-filter";

type HitPage = Whole<components["schemas"]["HitPage"]>;

const PAGE = 20;
const FEW = 6;
/** How long an answer is good for, in milliseconds: the feed does not keep it true. */
const FRESH = 20_000;

/** The messages that a search finds, the most relevant first. */
export function hitsQuery(filter: SearchFilter) {
  const wanted = searchParameters(filter);
  return infiniteQueryOptions({
    queryKey: ["search", wanted],
    queryFn: ({ pageParam, signal }): Promise<HitPage> =>
      ask(
        api.GET("/api/v1/search", {
          params: { query: { ...wanted, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: unsearchable(filter.q ?? "") === undefined,
    staleTime: FRESH,
  });
}

/** A few messages, for as long as the search is being typed. */
export function fewHitsQuery(q: string) {
  return queryOptions({
    queryKey: ["search", "few", q],
    queryFn: async ({ signal }): Promise<readonly Hit[]> =>
      (await ask(api.GET("/api/v1/search", { params: { query: { q: asTyped(q), limit: FEW } }, signal }))).items,
    enabled: unsearchable(q) === undefined,
    placeholderData: keepPreviousData,
    staleTime: FRESH,
    gcTime: FRESH,
  });
}

/** A few conversations with a text in their titles; without one, the latest. */
export function fewConversationsQuery(q: string) {
  return queryOptions({
    queryKey: ["search", "titles", q],
    queryFn: async ({ signal }): Promise<readonly Conversation[]> =>
      (await ask(api.GET("/api/v1/conversations", { params: { query: { limit: FEW, ...(q ? { q } : {}) } }, signal }))).items,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: FRESH,
  });
}
