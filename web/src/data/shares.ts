/** Shares of an artifact: with users of the tenant, and by link. */
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";

import { type Artifact, type Share, type Complete, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { queryClient } from "@/data/client";
import { meQuery } from "@/data/me";
import { address } from "@/lib/base";
import { notice } from "@/lib/notice";

export type Linked = Complete<components["schemas"]["Linked"]>;

export function sharesQuery(artifactId: string) {
  return queryOptions({
    queryKey: ["shares", artifactId],
    queryFn: async ({ signal }): Promise<readonly Share[]> =>
      (await unwrap(api.GET("/api/v1/artifacts/{artifact_id}/shares", { params: { path: { artifact_id: artifactId } }, signal }))).items,
    staleTime: 0,
  });
}

/** Whether the user may edit an artifact: it is their own, or shared for writing. */
export function useMayWrite({ id, owner_id: owner }: Artifact): boolean {
  const { data: me } = useQuery(meQuery);
  const foreign = me !== undefined && me.id !== owner;
  const { data: shares } = useQuery({ ...sharesQuery(id), enabled: foreign });
  return foreign ? (shares?.some(({ right }) => right === "write") ?? false) : me !== undefined;
}

/** The artifact behind a link, for anyone who has it. */
export function linkedQuery(token: string) {
  return queryOptions({
    queryKey: ["linked", token],
    queryFn: ({ signal }): Promise<Linked> => unwrap(api.GET("/api/v1/links/{token}", { params: { path: { token } }, signal })),
    staleTime: 0,
  });
}

export function useShareArtifact(artifactId: string) {
  return useMutation({
    mutationFn: (body: components["schemas"]["NewShare"]) =>
      unwrap(api.POST("/api/v1/artifacts/{artifact_id}/shares", { params: { path: { artifact_id: artifactId } }, body })),
    onSuccess: () => queryClient.invalidateQueries(sharesQuery(artifactId)),
    onError: notice.error,
  });
}

/** Create a link; resolves with its URL, which the server returns only once. */
export function useLinkArtifact(artifactId: string) {
  return useMutation({
    mutationFn: async (body: components["schemas"]["NewLinkTo"]): Promise<string> => {
      const created = await unwrap(api.POST("/api/v1/artifacts/{artifact_id}/links", { params: { path: { artifact_id: artifactId } }, body }));
      return address(`shared/${created.token}`);
    },
    onSuccess: () => queryClient.invalidateQueries(sharesQuery(artifactId)),
    onError: notice.error,
  });
}

/** Revoke a share or a link optimistically; rolls back with a notice if the server refuses. */
export function useRevokeShare() {
  return useMutation({
    mutationFn: ({ id }: Share) => unwrap(api.DELETE("/api/v1/shares/{share_id}", { params: { path: { share_id: id } } })),
    onMutate: ({ id, artifact_id }) =>
      queryClient.setQueryData(sharesQuery(artifact_id).queryKey, (shares) => shares?.filter((share) => share.id !== id)),
    onError: notice.error,
    onSettled: (_, __, { artifact_id }) => queryClient.invalidateQueries(sharesQuery(artifact_id)),
  });
}
