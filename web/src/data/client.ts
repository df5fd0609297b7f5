import { QueryClient, type QueryFilters } from "@tanstack/react-query";

import { Refused } from "@/api/client";

/** What the app knows of the record. The feed keeps it true, so nothing is fetched again by itself. */
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

/** Read anew what is known and shown; what is being read for the first time may be from before, and is read again. */
export async function readAnew(which: QueryFilters): Promise<void> {
  const reading = queryClient.getQueryCache().findAll({ ...which, fetchStatus: "fetching" });
  const first = reading.filter(({ state }) => state.data === undefined);
  await Promise.all(first.map(({ promise }) => promise?.catch(() => undefined)));
  await queryClient.invalidateQueries(which);
}
