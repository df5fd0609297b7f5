/** Which artifacts the page of artifacts lists, as it stands in its address. */
import type { ArtifactType } from "@/api/client";
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
const DAY = /^\d{4}-\d\d-\d\d$/;

/** What an address asks for; what makes no sense is left out. */
export function artifactSearch(search: Record<string, unknown>): ArtifactSearch {
  const found: ArtifactSearch = {};
  for (const name of ["q", "language", "project", "collection"] as const) {
    const value = search[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") found[name] = String(value);
  }
  for (const name of ["from", "to"] as const) {
    const value = search[name];
    if (typeof value === "string" && DAY.test(value) && !Number.isNaN(Date.parse(value))) found[name] = value;
  }
  const type = TYPES.find((known) => known === search["type"]);
  if (type) found.type = type;
  if (search["view"] === "shared" || search["view"] === "trash") found.view = search["view"];
  return found;
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
