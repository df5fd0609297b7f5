import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { Artifact } from "@/api/client";
import type { ArtifactList } from "@/data/artifact-list";
import { artifactsOfMessageQuery, artifactsQuery } from "@/data/artifacts";
import { groupBy } from "@/lib/group";

type ByMessage = ReadonlyMap<string | null, readonly Artifact[]>;

const grouped = new WeakMap<ArtifactList, ByMessage>();
const NONE: readonly Artifact[] = [];

/** All messages of a conversation use the same list, so it is grouped once. */
function byMessage(list: ArtifactList): ByMessage {
  const cached = grouped.get(list);
  if (cached) return cached;
  const groups = groupBy(list.pages.flatMap(({ items }) => items), (artifact) => artifact.message_id);
  grouped.set(list, groups);
  return groups;
}

/**
 * The artifacts that a stored message created or revised, oldest first. One list of the conversation has most of them;
 * a message with more streamed artifacts than that list contains is queried separately.
 */
export function useMessageArtifacts(conversationId: string, messageId: string, streamedCount: number): readonly Artifact[] {
  const all = useInfiniteQuery({ ...artifactsQuery({ conversation_id: conversationId }), select: byMessage });
  const own = all.data?.get(messageId) ?? NONE;
  const more = useQuery({ ...artifactsOfMessageQuery(messageId), enabled: !all.isPending && streamedCount > own.length });
  if (!more.data || more.data.length <= own.length) return oldestFirst(own);
  return oldestFirst(more.data);
}

const oldestFirst = (artifacts: readonly Artifact[]) => artifacts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
