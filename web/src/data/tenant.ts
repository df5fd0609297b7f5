import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";

/** The settings that apply to all users. */
export const tenantQuery = queryOptions({
  queryKey: ["tenant"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/tenant", { signal })),
  staleTime: 60_000,
});
