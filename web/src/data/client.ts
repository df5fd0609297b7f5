import { QueryClient } from "@tanstack/react-query";

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
