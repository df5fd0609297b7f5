/** The loaded pages of an ordered list, and how changes of items apply to it. */
import type { InfiniteData } from "@tanstack/react-query";

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type Pages<T> = InfiniteData<Page<T>, string | undefined>;
/** As for `Array.sort`. */
type Order<T> = (a: T, b: T) => number;

/** Insert items that are not in the list, in order. */
export function withItems<T>(list: Pages<T>, items: readonly T[], order: Order<T>): Pages<T> {
  const pages = [...list.pages];
  for (const item of items) place(pages, item, order);
  return { ...list, pages };
}

function place<T>(pages: Page<T>[], item: T, order: Order<T>): void {
  const isBefore = (other: T | undefined) => other !== undefined && order(item, other) < 0;
  const number = pages.findIndex(({ items }) => isBefore(items.at(-1)));
  const page = pages[number];
  if (page) {
    const items = page.items.toSpliced(page.items.findIndex(isBefore), 0, item);
    pages[number] = { ...page, items };
    return;
  }
  const last = pages.at(-1);
  // Items beyond the loaded pages come with their page.
  if (last?.next === null) pages[pages.length - 1] = { ...last, items: [...last.items, item] };
}

export function without<T extends { readonly id: string }>(list: Pages<T>, ids: ReadonlySet<string>): Pages<T> {
  const isGone = ({ id }: T) => ids.has(id);
  return {
    ...list,
    pages: list.pages.map((page) => (page.items.some(isGone) ? { ...page, items: page.items.filter((item) => !isGone(item)) } : page)),
  };
}
