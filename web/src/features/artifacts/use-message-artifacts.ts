import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { Artifact } from "@/api/client";
import type { ArtifactList } from "@/data/artifact-list";
import { artifactsOfMessageQuery, artifactsQuery } from "@/data/artifacts";
import { groupBy } from "@/lib/group";

type ByMessage = ReadonlyMap<string | null, readonly Artifact[]>;

const grouped = new WeakMap<ArtifactList, ByMessage>();
const NONE: readonly Artifact[] = [];

/** All messages of a thread ask this of the same list: it is sorted once. */
function byMessage(list: ArtifactList): ByMessage {
  const cached = grouped.get(list);
  if (cached) return cached;
  const groups = groupBy(list.pages.flatMap(({ items }) => items), (artifact) => artifact.message_id);
  grouped.set(list, groups);
  return groups;
}

/**
 * What a stored message made or revised, in the order in which it was made. One list of the conversation says most of it;
 * a message that has more `pieces` than are known of it is asked about by itself.
 */
export function useMessageArtifacts(conversationId: string, messageId: string, pieces: number): readonly Artifact[] {
  const all = useInfiniteQuery({ ...artifactsQuery({ conversation_id: conversationId }), select: byMessage });
  const own = all.data?.get(messageId) ?? NONE;
  const more = useQuery({ ...artifactsOfMessageQuery(messageId), enabled: !all.isPending && pieces > own.length });
  if (!more.data || more.data.length <= own.length) return oldestFirst(own);
  return oldestFirst(more.data);
}

const oldestFirst = (artifacts: readonly Artifact[]) => artifacts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
