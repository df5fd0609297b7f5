import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";

/** The signed-in user. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/me", { signal })),
});
