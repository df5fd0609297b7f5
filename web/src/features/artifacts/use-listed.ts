import { useInfiniteQuery } from "@tanstack/react-query";

import type { Artifact, ArtifactHit } from "@/api/client";
import { artifactsQuery } from "@/data/artifacts";
import { artifactHitsQuery } from "@/data/search";
import { type ArtifactSearch, artifactParameters } from "@/lib/artifact-search";

/** An artifact in a list, with its search hit if there is one. */
export interface Listed {
  readonly artifact: Artifact;
  readonly hit?: ArtifactHit;
}

/** The artifacts of the page, by last change or by relevance. */
export function useListed(search: ArtifactSearch) {
  const filter = artifactParameters(search);
  const q = search.q ?? "";
  // Full-text search covers only the user's own artifacts.
  const searching = q !== "" && search.view === undefined && search.collection === undefined;
  const all = useInfiniteQuery({ ...artifactsQuery(filter), enabled: !searching });
  const hits = useInfiniteQuery({ ...artifactHitsQuery(q, filter), ...(searching ? {} : { enabled: false }) });
  const query = searching ? hits : all;
  const items: readonly Listed[] | undefined = searching
    ? hits.data?.pages.flatMap((page) => page.items.map((hit) => ({ artifact: hit.artifact, hit })))
    : all.data?.pages.flatMap((page) => page.items.map((artifact) => ({ artifact }))).filter(({ artifact }) => artifact.title.toLowerCase().includes(q.toLowerCase()));
  return { items, query };
}
