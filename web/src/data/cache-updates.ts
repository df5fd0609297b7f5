/** Changes of what is cached, and of what is on its way into the cache: that may have been read before them. */
import type { Query, QueryKey } from "@tanstack/react-query";

import { queryClient } from "@/data/client";

type Change = (data: never, queryKey: QueryKey) => unknown;

/** By query, what was changed while it is read. */
const pendingChanges = new Map<string, readonly Change[]>();

/** Change what is known under a key, and under all that begin with it. Done twice, a change is the same. */
export function updateCached<T>(queryKey: QueryKey, change: (data: T, queryKey: QueryKey) => T): void {
  for (const query of queryClient.getQueryCache().findAll({ queryKey })) {
    const { queryHash, state } = query;
    if (state.fetchStatus === "fetching") pendingChanges.set(queryHash, [...(pendingChanges.get(queryHash) ?? []), change]);
    apply(query, [change]);
  }
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
