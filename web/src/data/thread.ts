/** The loaded messages of a branch: pages around the reading position, oldest first. */
import type { InfiniteData } from "@tanstack/react-query";

import type { Message, MessagePage } from "@/api/client";

export const PAGE = 30;
export const PAGES = 8;

/** The position of a page: at the end, or beside a message. */
export type Side = { last: number } | { before: string } | { after: string } | { around: string };
export type Thread = InfiniteData<MessagePage, Side>;

/** Append messages; loaded ones are unchanged. */
export function extended(thread: Thread, more: MessagePage): Thread {
  const tail = thread.pages.at(-1);
  if (!tail) return thread;
  const end = tail.items.at(-1);
  const added = end ? more.items.filter((message) => message.seq > end.seq) : more.items;
  const before = thread.pages.slice(0, -1);
  if (!end || added.length === 0 || tail.items.length + added.length <= PAGE)
    return { ...thread, pages: [...before, { ...tail, items: [...tail.items, ...added], after: more.after }] };
  return {
    pages: [...before, { ...tail, after: end.id }, { items: added, before: end.id, after: more.after }],
    pageParams: [...thread.pageParams, { after: end.id }],
  };
}

/** All messages of a short branch. */
export function wholeThread(items: readonly Message[]): Thread {
  return { pages: [{ items: [...items], before: null, after: null }], pageParams: [{ last: PAGE }] };
}

/** Append messages if they follow the last loaded one. */
export function withAppended(thread: Thread, messages: readonly Message[]): Thread {
  const tail = thread.pages.at(-1);
  const end = tail?.items.at(-1);
  const next = messages.find(({ seq }) => seq === (end?.seq ?? -1) + 1);
  if (!tail || tail.after !== null || !next || next.parent_id !== (end?.id ?? null)) return thread;
  return extended(thread, { items: messages.slice(messages.indexOf(next)), before: null, after: null });
}

/** The messages before the first one that does not `belong`. */
export function prefix(thread: Thread, belongs: (message: Message) => boolean): Thread {
  const all = thread.pages.flatMap((page) => page.items);
  const end = all.findIndex((message) => !belongs(message));
  if (end < 0) return thread;
  const gone = new Set(all.slice(end).map((message) => message.id));
  const last = thread.pages.findLastIndex(({ items }) => items.some((message) => !gone.has(message.id)));
  const tail = thread.pages[last];
  if (!tail) return { pages: [], pageParams: [] };
  const cut = { ...tail, items: tail.items.filter((message) => !gone.has(message.id)), after: null };
  return { pages: [...thread.pages.slice(0, last), cut], pageParams: thread.pageParams.slice(0, last + 1) };
}

/** The last pages, which are enough to open it. */
export function ending(thread: Thread): Thread {
  let count = 0;
  let messages = 0;
  while (messages < PAGE && count < thread.pages.length) messages += thread.pages.at(-++count)?.items.length ?? 0;
  return { pages: thread.pages.slice(-count), pageParams: thread.pageParams.slice(-count) };
}
