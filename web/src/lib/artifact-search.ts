/** Which artifacts the page of artifacts lists, as it stands in its address. */
import type { ArtifactType } from "@/api/client";
import { type Given, days, words } from "@/lib/address-search";
import { midnight } from "@/lib/search-filter";

export interface ArtifactSearch {
  q?: string;
  type?: ArtifactType;
  language?: string;
  /** Ids. */
  project?: string;
  collection?: string;
  /** Days, such as `2026-03-01`; both are included. */
  from?: string;
  to?: string;
  /** What others share, or what was deleted, in place of the person's own. */
  view?: "shared" | "trash";
}

export const TYPES = ["code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other"] as const satisfies readonly ArtifactType[];

/** What an address asks for; what makes no sense is left out. */
export function artifactSearch(search: Given): ArtifactSearch {
  const filter: ArtifactSearch = { ...words(search, ["q", "language", "project", "collection"]), ...days(search, ["from", "to"]) };
  const type = TYPES.find((name) => name === search["type"]);
  if (type) filter.type = type;
  if (search["view"] === "shared" || search["view"] === "trash") filter.view = search["view"];
  if (filter.view === "shared") delete filter.project; // what others share shows none
  return filter;
}

/** Whether it asks for fewer than all of a view. */
export function isNarrowed({ q, type, language, project, from, to }: ArtifactSearch): boolean {
  return [q, type, language, project, from, to].some((one) => one !== undefined);
}

/** What the server is asked for, but the words. */
export function artifactParameters({ type, language, project, collection, from, to, view }: ArtifactSearch) {
  return {
    ...(type && { type }),
    ...(language && { language }),
    ...(project && { project_id: project }),
    ...(collection && { collection_id: collection }),
    ...(from && { from: midnight(from).toISOString() }),
    ...(to && { to: midnight(to, 1).toISOString() }),
    ...(view === "shared" && { shared: true }),
    ...(view === "trash" && { deleted: true }),
  };
}
