/** The loaded part of a list of artifacts, newest change first, and how changes apply to it. */
import type { Artifact, ArtifactType } from "@/api/client";
import { type Pages, withItems, without } from "@/data/pages";
import { compareTimes } from "@/lib/time";

/** Undefined fields match everything. */
export interface ArtifactFilter {
  conversation_id?: string;
  project_id?: string;
  collection_id?: string;
  type?: ArtifactType;
  language?: string;
  from?: string;
  to?: string;
  deleted?: boolean;
  shared?: boolean;
}

export type ArtifactList = Pages<Artifact>;

/** Apply a changed artifact if it belongs in the list; it may be `mine` or shared by somebody else. */
export function withArtifact(list: ArtifactList, filter: ArtifactFilter, now: Artifact, mine: boolean): ArtifactList {
  const others = without(list, new Set([now.id]));
  const listed = list.pages.some(({ items }) => items.some(({ id }) => id === now.id));
  // The artifact does not contain its collections and shares, so listed items stay.
  const elsewhere = filter.collection_id !== undefined || filter.shared === true || !mine;
  return belongs(now, filter) && (listed || !elsewhere) ? withItems(others, [now], newerFirst) : others;
}

function newerFirst(a: Artifact, b: Artifact): number {
  return compareTimes(b.updated_at, a.updated_at) || (a.id < b.id ? 1 : -1);
}

function belongs(artifact: Artifact, filter: ArtifactFilter): boolean {
  return (
    (artifact.deleted_at !== null) === (filter.deleted ?? false) &&
    (!artifact.temporary || filter.conversation_id !== undefined) &&
    (filter.conversation_id === undefined || artifact.conversation_id === filter.conversation_id) &&
    (filter.project_id === undefined || artifact.project_id === filter.project_id) &&
    (filter.type === undefined || artifact.type === filter.type) &&
    (filter.language === undefined || artifact.language === filter.language) &&
    (filter.from === undefined || compareTimes(artifact.updated_at, filter.from) >= 0) &&
    (filter.to === undefined || compareTimes(artifact.updated_at, filter.to) < 0)
  );
}
