import { type Range, type VirtualItem, type Virtualizer, defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";

import { useTouch } from "@/lib/media";

import type { Row, Section } from "./rows";
import type { View } from "./state";

type Scroller = HTMLDivElement;

/** Where each list was left, for the next time it is shown. */
const places = new WeakMap<View, number>();
/** From so many rows before its place on, what comes next is loaded. */
const AHEAD = 40;

/** The rows in sight, and a few more; the row at `kept` is always among them, for it may have the focus. */
export function useVirtualRows(rows: readonly Row[], scroller: RefObject<Scroller | null>, kept: number, view: View) {
  const touch = useTouch();
  const rem = useRem();
  const virtualizer = useVirtualizer<Scroller, HTMLElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: useCallback((i: number) => height(rows[i], touch) * rem, [rows, touch, rem]),
    getItemKey: useCallback((i: number) => rows[i]?.key ?? i, [rows]),
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range);
        return kept < 0 || shown.includes(kept) ? shown : [...shown, kept].toSorted((a, b) => a - b);
      },
      [kept],
    ),
    initialOffset: () => places.get(view) ?? 0,
    overscan: 12,
    useFlushSync: false,
    paddingEnd: 16,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, touch, rem]);
  useEffect(
    () => () => {
      places.set(view, virtualizer.scrollOffset ?? 0);
    },
    [virtualizer, view],
  );
  useSteadyPlace(virtualizer, rows);
  const { startIndex = 0, endIndex = 0 } = virtualizer.range ?? {};
  useEffect(() => {
    for (const row of rows.slice(Math.max(0, startIndex - AHEAD), endIndex + AHEAD))
      if (row.kind === "source" && row.source.state === "more") row.source.load();
  }, [rows, startIndex, endIndex]);
  return virtualizer;
}

/** Of the rows in sight, those that stay stay where they are when others come or go above them. */
function useSteadyPlace(virtualizer: Virtualizer<Scroller, HTMLElement>, rows: readonly Row[]): void {
  const before = useRef<readonly VirtualItem[]>([]);
  useLayoutEffect(() => {
    const offset = virtualizer.scrollOffset ?? 0;
    if (offset > 0) {
      const index = new Map(rows.map(({ key }, i) => [key, i]));
      const moves = before.current.flatMap(({ key, start, end }) => {
        const at = index.get(String(key));
        if (end <= offset || at === undefined) return [];
        return [(virtualizer.measurementsCache[at]?.start ?? start) - start];
      });
      // The first in sight may be the one that has moved; the others then have not.
      const [least = 0] = moves.slice(0, 3).toSorted((a, b) => Math.abs(a) - Math.abs(b));
      if (least !== 0) virtualizer.scrollToOffset(offset + least);
    }
  }, [virtualizer, rows]);
  useLayoutEffect(() => {
    before.current = virtualizer.getVirtualItems();
  });
}

/** In rem. */
function height(row: Row | undefined, touch: boolean): number {
  const item = touch ? 2.75 : 2.25;
  if (row?.kind === "heading") return row.section === "projects" ? item : 2.5;
  if (row?.kind === "source") return { loading: 13, more: 5, failed: 6, whole: 0 }[row.source.state];
  return item;
}

function useRem(): number {
  return useSyncExternalStore(whenPageChanges, readRem);
}

/** The size of its letters is set on the page's root. */
function whenPageChanges(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["style"] });
  return () => observer.disconnect();
}

function readRem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Rows in sight that stand below one heading, which may be out of sight itself. */
export interface Group {
  readonly section: Section | undefined;
  readonly items: VirtualItem[];
}

export function grouped(rows: readonly Row[], items: readonly VirtualItem[]): readonly Group[] {
  const groups: Group[] = [];
  for (const item of items) {
    const section = rows[item.index]?.section;
    const last = groups.at(-1);
    if (last && last.section === section) last.items.push(item);
    else groups.push({ section, items: [item] });
  }
  return groups;
}
