/** Search of messages, conversation titles and artifacts. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { type ArtifactHit, type Conversation, type Hit, type Complete, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import type { ArtifactFilter } from "@/data/artifact-list";
import { type SearchFilter, asPrefixQuery, searchParameters, unsearchableReason } from "@/lib/search-filter";

type HitPage = Complete<components["schemas"]["HitPage"]>;

const PAGE = 20;
const FEW = 6;
/** How long results stay fresh, in milliseconds: the feed does not update them. */
const FRESH = 20_000;

/** The messages that match, most relevant first. */
export function hitsQuery(filter: SearchFilter) {
  const parameters = searchParameters(filter);
  return infiniteQueryOptions({
    queryKey: ["search", parameters],
    queryFn: ({ pageParam, signal }): Promise<HitPage> =>
      unwrap(
        api.GET("/api/v1/search", {
          params: { query: { ...parameters, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: unsearchableReason(filter.q ?? "") === undefined,
    staleTime: FRESH,
  });
}

/** A few matching messages while the user types. */
export function fewHitsQuery(q: string) {
  return queryOptions({
    queryKey: ["search", "few", q],
    queryFn: async ({ signal }): Promise<readonly Hit[]> =>
      (await unwrap(api.GET("/api/v1/search", { params: { query: { q: asPrefixQuery(q), limit: FEW } }, signal }))).items,
    enabled: unsearchableReason(q) === undefined,
    placeholderData: keepPreviousData,
    staleTime: FRESH,
    gcTime: FRESH,
  });
}

/** A few conversations by title; without a text, the latest. */
export function fewConversationsQuery(q: string) {
  return queryOptions({
    queryKey: ["search", "titles", q],
    queryFn: async ({ signal }): Promise<readonly Conversation[]> =>
      (await unwrap(api.GET("/api/v1/conversations", { params: { query: { limit: FEW, ...(q ? { q } : {}) } }, signal }))).items,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: FRESH,
  });
}

/** The artifacts that match, most relevant first. */
export function artifactHitsQuery(q: string, { type, language, project_id, from, to }: ArtifactFilter) {
  const parameters = {
    q: asPrefixQuery(q),
    ...(type && { type: [type] }),
    ...(language && { language: [language] }),
    ...(project_id && { project_id }),
    ...(from && { from }),
    ...(to && { to }),
  };
  return infiniteQueryOptions({
    queryKey: ["artifact-hits", parameters],
    queryFn: ({ pageParam, signal }): Promise<{ items: readonly ArtifactHit[]; next: string | null }> =>
      unwrap(
        api.GET("/api/v1/search/artifacts", {
          params: { query: { ...parameters, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: unsearchableReason(q) === undefined,
    placeholderData: keepPreviousData,
    staleTime: FRESH,
  });
}
