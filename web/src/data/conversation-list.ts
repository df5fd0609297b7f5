/** A list of conversations as far as it is loaded, in the order of their last activity, and how a change shows in it. */
import type { InfiniteData } from "@tanstack/react-query";

import type { Conversation, ConversationPage } from "@/api/client";
import { compareTimes } from "@/lib/time";

export interface ConversationFilter {
  q?: string;
  project_id?: string;
  pinned?: boolean;
  archived?: boolean;
  tag?: string;
  deleted?: boolean;
}

export type ConversationList = InfiniteData<ConversationPage, string | undefined>;

/** With conversations as they are now, those that belong there, and without the others. */
export function withConversations(list: ConversationList, filter: ConversationFilter, now: readonly Conversation[]): ConversationList {
  const others = without(list, new Set(now.map(({ id }) => id)));
  const pages = [...others.pages];
  for (const conversation of now) if (belongs(conversation, filter)) place(pages, conversation);
  return { ...others, pages };
}

function place(pages: ConversationPage[], conversation: Conversation): void {
  const isBefore = (item: Conversation | undefined) => item !== undefined && newerFirst(conversation, item) < 0;
  const number = pages.findIndex(({ items }) => isBefore(items.at(-1)));
  const page = pages[number];
  if (page) {
    const items = page.items.toSpliced(page.items.findIndex(isBefore), 0, conversation);
    pages[number] = { ...page, items };
    return;
  }
  const last = pages.at(-1);
  // What is older than all that is loaded comes with the page that it is on.
  if (last?.next === null) pages[pages.length - 1] = { ...last, items: [...last.items, conversation] };
}

export function without(list: ConversationList, ids: ReadonlySet<string>): ConversationList {
  const isGone = ({ id }: Conversation) => ids.has(id);
  return {
    ...list,
    pages: list.pages.map((page) => (page.items.some(isGone) ? { ...page, items: page.items.filter((item) => !isGone(item)) } : page)),
  };
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
