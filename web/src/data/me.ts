import { queryOptions } from "@tanstack/react-query";

import { api, ask } from "@/api/client";

/** Who is signed in here. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => ask(api.GET("/api/v1/me", { signal })),
});
