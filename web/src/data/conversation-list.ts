/** The loaded part of a list of conversations, by last activity, and how changes apply to it. */
import type { Conversation } from "@/api/client";
import { type Pages, withItems, without } from "@/data/pages";
import { compareTimes } from "@/lib/time";

export interface ConversationFilter {
  q?: string;
  project_id?: string;
  pinned?: boolean;
  archived?: boolean;
  tag?: string;
  deleted?: boolean;
}

export type ConversationList = Pages<Conversation>;

/** Apply changed conversations: add or move those that belong, remove the others. */
export function withConversations(list: ConversationList, filter: ConversationFilter, now: readonly Conversation[]): ConversationList {
  const others = without(list, new Set(now.map(({ id }) => id)));
  return withItems(others, now.filter((conversation) => belongs(conversation, filter)), newerFirst);
}

function newerFirst(a: Conversation, b: Conversation): number {
  return compareTimes(b.active_at, a.active_at) || (a.id < b.id ? 1 : -1);
}

function belongs(conversation: Conversation, filter: ConversationFilter): boolean {
  return (
    (conversation.deleted_at !== null) === (filter.deleted ?? false) &&
    !conversation.expires_at && // a temporary one is in no list
    (filter.pinned === undefined || conversation.pinned === filter.pinned) &&
    (filter.archived === undefined || conversation.archived === filter.archived) &&
    (filter.project_id === undefined || conversation.project_id === filter.project_id) &&
    (filter.tag === undefined || conversation.tags.includes(filter.tag)) &&
    (filter.q === undefined || conversation.title.toLowerCase().includes(filter.q.toLowerCase()))
  );
}
