import { QueryClient, type QueryFilters } from "@tanstack/react-query";

import { Refused } from "@/api/client";

/** The query cache. The feed keeps it up to date, so nothing refetches automatically. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (count, error) => !(error instanceof Refused) && count < 2,
    },
    mutations: { networkMode: "always" },
  },
});

/** Refetch active queries, including initial loads in progress, which may be out of date. */
export async function refetch(which: QueryFilters): Promise<void> {
  const reading = queryClient.getQueryCache().findAll({ ...which, fetchStatus: "fetching" });
  const first = reading.filter(({ state }) => state.data === undefined);
  await Promise.all(first.map(({ promise }) => promise?.catch(() => undefined)));
  await queryClient.invalidateQueries(which);
}
