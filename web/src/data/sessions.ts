/** The browsers that are signed in, this one among them. */
import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Whole, api, ask } from "@/api/client";
import type { components } from "@/api/schema";
import { queryClient } from "@/data/client";
import { feedQuery } from "@/data/feed";
import { keepSessionKey } from "@/lib/session-key";
import { notice } from "@/lib/notice";

export type BrowserSession = Whole<components["schemas"]["BrowserSession"]>;

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }): Promise<readonly BrowserSession[]> => (await ask(api.GET("/api/v1/sessions", { signal }))).items,
  staleTime: 0,
});

const begun = new Map<string, Promise<void>>();

/** Sign this browser in with the code of a link, which is good once: asked again, it is the same sign-in. */
export function signIn(code: string): Promise<void> {
  const signing = begun.get(code) ?? ask(api.POST("/api/v1/signin", { body: { code } })).then(({ key }) => keepSessionKey(key));
  begun.set(code, signing);
  return signing;
}

/** Whether this browser is signed in. */
export async function isSignedIn(): Promise<boolean> {
  return api.GET("/api/v1/me").then(
    ({ response }) => response.ok,
    () => false,
  );
}

/** Sign a browser out; if it is this one, the app says what to do now. */
export function useEndSession() {
  return useMutation({
    mutationFn: ({ id }: BrowserSession) =>
      ask(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onError: notice.error,
    onSettled: (_, __, { current }) => reread(current),
  });
}

/** Sign every browser out, this one too. */
export function useEndAllSessions() {
  return useMutation({
    mutationFn: () => ask(api.DELETE("/api/v1/sessions")),
    onError: notice.error,
    onSettled: () => reread(true),
  });
}

function reread(own: boolean): Promise<void> {
  return own ? queryClient.invalidateQueries(feedQuery) : queryClient.invalidateQueries(sessionsQuery);
}
