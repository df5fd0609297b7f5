/** The signed-in browsers, including this one. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Complete, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { queryClient } from "@/data/client";
import { feedQuery } from "@/data/feed";
import { keepSessionKey } from "@/lib/session-key";
import { notice } from "@/lib/notice";

export type BrowserSession = Complete<components["schemas"]["BrowserSession"]>;

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }): Promise<readonly BrowserSession[]> => (await unwrap(api.GET("/api/v1/sessions", { signal }))).items,
  staleTime: 0,
});

const signIns = new Map<string, Promise<void>>();

/** Sign in with the code of a link. A code works once; a repeated request returns the same session. */
export function signIn(code: string): Promise<void> {
  const signing = signIns.get(code) ?? unwrap(api.POST("/api/v1/signin", { body: { code } })).then(({ key }) => keepSessionKey(key));
  signIns.set(code, signing);
  return signing;
}

/** Whether this browser is signed in. */
export async function isSignedIn(): Promise<boolean> {
  return api.GET("/api/v1/me").then(
    ({ response }) => response.ok,
    () => false,
  );
}

/** Sign out a browser; for this one, the app shows the sign-in page. */
export function useEndSession() {
  return useMutation({
    mutationFn: ({ id }: BrowserSession) =>
      unwrap(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onError: notice.error,
    onSettled: (_, __, { current }) => reread(current),
  });
}

/** Sign out every browser, including this one. */
export function useEndAllSessions() {
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/sessions")),
    onError: notice.error,
    onSettled: () => reread(true),
  });
}

function reread(own: boolean): Promise<void> {
  return own ? queryClient.invalidateQueries(feedQuery) : queryClient.invalidateQueries(sessionsQuery);
}
