/** Updates of cached queries, which also apply to requests in progress: their responses may be older. */
import type { Query, QueryKey } from "@tanstack/react-query";

import { queryClient } from "@/data/client";

type Change = (data: never, queryKey: QueryKey) => unknown;

/** Changes during a request, by query. */
const pendingChanges = new Map<string, readonly Change[]>();

/** Apply a change to all queries below a key. The change must be idempotent. */
export function updateCached<T>(queryKey: QueryKey, change: (data: T, queryKey: QueryKey) => T): void {
  for (const query of queryClient.getQueryCache().findAll({ queryKey })) {
    const { queryHash, state } = query;
    if (state.fetchStatus === "fetching") pendingChanges.set(queryHash, [...(pendingChanges.get(queryHash) ?? []), change]);
    apply(query, [change]);
  }
}

/** Give a query its data, unless it has some or is loading them. */
export function seed<T>(queryKey: QueryKey, data: T): void {
  const state = queryClient.getQueryState(queryKey);
  if (state?.data === undefined && state?.fetchStatus !== "fetching") queryClient.setQueryData(queryKey, data);
}

function apply({ queryKey, state }: Query, changes: readonly Change[]): void {
  if (state.data === undefined) return;
  queryClient.setQueryData(queryKey, changes.reduce<unknown>((data, change) => change(data as never, queryKey), state.data));
}

queryClient.getQueryCache().subscribe((event) => {
  if (event.type !== "updated" || event.query.state.fetchStatus === "fetching") return;
  const changes = pendingChanges.get(event.query.queryHash);
  pendingChanges.delete(event.query.queryHash);
  if (changes) apply(event.query, changes);
});
