import { queryOptions } from "@tanstack/react-query";

import { type Stats, api, unwrap } from "@/api/client";

/** Message statistics; days and hours are in the browser's time zone. */
export function statsQuery(range: { since?: string; until?: string }) {
  const { timeZone: tz } = Intl.DateTimeFormat().resolvedOptions();
  return queryOptions({
    queryKey: ["stats", range],
    queryFn: ({ signal }): Promise<Stats> => unwrap(api.GET("/api/v1/stats", { params: { query: { ...range, tz } }, signal })),
    staleTime: 0,
  });
}
