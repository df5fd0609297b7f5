import { queryOptions } from "@tanstack/react-query";

import { api, ask } from "@/api/client";

/** The settings that apply to all users. */
export const tenantQuery = queryOptions({
  queryKey: ["tenant"],
  queryFn: ({ signal }) => ask(api.GET("/api/v1/tenant", { signal })),
  staleTime: 60_000,
});
