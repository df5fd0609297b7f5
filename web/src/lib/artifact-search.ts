/** The filters of the artifacts page in its URL. */
import type { ArtifactType } from "@/api/client";
import { type SearchParameters, days, words } from "@/lib/address-search";
import { midnight } from "@/lib/search-filter";

export interface ArtifactSearch {
  q?: string;
  type?: ArtifactType;
  language?: string;
  /** Ids. */
  project?: string;
  collection?: string;
  /** Inclusive days, such as `2026-03-01`. */
  from?: string;
  to?: string;
  /** Shared or deleted artifacts instead of the user's own. */
  view?: "shared" | "trash";
}

export const TYPES = ["code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other"] as const satisfies readonly ArtifactType[];

/** Parse a URL; invalid values are ignored. */
export function artifactSearch(search: SearchParameters): ArtifactSearch {
  const filter: ArtifactSearch = { ...words(search, ["q", "language", "project", "collection"]), ...days(search, ["from", "to"]) };
  const type = TYPES.find((name) => name === search["type"]);
  if (type) filter.type = type;
  if (search["view"] === "shared" || search["view"] === "trash") filter.view = search["view"];
  if (filter.view === "shared") delete filter.project; // shared artifacts have no project
  return filter;
}

/** Whether any filter is set. */
export function isNarrowed({ q, type, language, project, from, to }: ArtifactSearch): boolean {
  return [q, type, language, project, from, to].some((one) => one !== undefined);
}

/** The query parameters for the server, without the search text. */
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
