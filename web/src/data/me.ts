import { queryOptions } from "@tanstack/react-query";

import { api, ask } from "@/api/client";

/** The signed-in user. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => ask(api.GET("/api/v1/me", { signal })),
});
