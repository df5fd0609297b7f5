import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from "react";

import { useTouch } from "@/lib/media";

import type { Row, Section } from "./rows";
import type { View } from "./state";
import { indexAt, moved, scrolledTo, startsOf } from "./window";

type Scroller = RefObject<HTMLElement | null>;

/** The position of a row, in pixels. */
export interface RowPlace {
  readonly index: number;
  readonly key: string;
  readonly start: number;
  readonly size: number;
}

/** The visible range of the list. */
interface VisibleRange {
  readonly top: number;
  readonly height: number;
}

/** The scroll positions of lists that were left. */
const left = new WeakMap<View, number>();
/** Rows before the end at which the next page loads. */
const PREFETCH_ROWS = 40;
/** Rows rendered above and below the visible range. */
const OVERSCAN_ROWS = 12;
/** Pixels of scrolling between renders; less than the height of the spare rows. */
const STEP = 128;
/** Padding below the last row, in pixels. */
const END = 16;

/**
 * The visible rows and a few more. The row at `kept` is always included, because it may have the focus. Heights are
 * known, so nothing is measured.
 */
export function useVirtualRows(rows: readonly Row[], scroller: Scroller, kept: number, view: View) {
  const touch = useTouch();
  const rem = useRem();
  const starts = useMemo(() => startsOf(rows.map((row) => height(row, touch) * rem)), [rows, touch, rem]);
  const sight = useVisibleRange(scroller, view);
  const from = Math.max(0, indexAt(starts, sight.top) - OVERSCAN_ROWS);
  const to = Math.min(rows.length - 1, indexAt(starts, sight.top + sight.height + STEP) + OVERSCAN_ROWS);

  const items = useMemo(() => {
    const shown = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const drawn = kept < 0 || (kept >= from && kept <= to) ? shown : [...shown, kept].toSorted((a, b) => a - b);
    return drawn.flatMap((index): readonly RowPlace[] => {
      const [row, start, end] = [rows[index], starts[index], starts[index + 1]];
      return row && start !== undefined && end !== undefined ? [{ index, key: row.key, start, size: end - start }] : [];
    });
  }, [rows, starts, from, to, kept]);

  useStableScroll(scroller, rows, starts, items);
  useEffect(() => {
    for (const row of rows.slice(Math.max(0, from - PREFETCH_ROWS), to + PREFETCH_ROWS))
      if (row.kind === "source" && row.source.state === "more") row.source.load();
  }, [rows, from, to]);

  return {
    items,
    height: (starts.at(-1) ?? 0) + END,
    scrollTo(index: number): void {
      const { current } = scroller;
      current?.scrollTo(0, scrolledTo(starts, index, current.scrollTop, current.clientHeight));
    },
  };
}

/** Restores the scroll position of the list. */
function useVisibleRange(scroller: Scroller, view: View): VisibleRange {
  const follow = useCallback(
    (changed: () => void) => {
      const { current } = scroller;
      const observer = new ResizeObserver(changed);
      if (current) observer.observe(current);
      current?.addEventListener("scroll", changed, { passive: true });
      return () => {
        observer.disconnect();
        current?.removeEventListener("scroll", changed);
      };
    },
    [scroller],
  );
  useLayoutEffect(() => {
    const { current } = scroller;
    current?.scrollTo(0, left.get(view) ?? 0);
    return () => {
      if (current) left.set(view, current.scrollTop);
    };
  }, [scroller, view]);
  const top = useSyncExternalStore(follow, () => Math.floor((scroller.current?.scrollTop ?? left.get(view) ?? 0) / STEP) * STEP);
  const height = useSyncExternalStore(follow, () => scroller.current?.clientHeight ?? innerHeight);
  return { top, height };
}

/** Keeps visible rows in place when rows above them appear or disappear. */
function useStableScroll(scroller: Scroller, rows: readonly Row[], starts: readonly number[], items: readonly RowPlace[]): void {
  const before = useRef<readonly RowPlace[]>([]);
  useLayoutEffect(() => {
    const { current } = scroller;
    const top = current?.scrollTop ?? 0;
    if (top === 0) return;
    const inSight = before.current.filter(({ start, size }) => start + size > top);
    const now = new Map(rows.map(({ key }, i) => [key, starts[i] ?? 0]));
    current?.scrollTo(0, top + moved(inSight, now));
  }, [scroller, rows, starts]);
  useLayoutEffect(() => {
    before.current = items;
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

/** The root element sets the font size. */
function whenPageChanges(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["style"] });
  return () => observer.disconnect();
}

function readRem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Visible rows below one heading, which may be out of view. */
export interface Group {
  readonly section: Section | undefined;
  readonly items: RowPlace[];
}

export function grouped(rows: readonly Row[], items: readonly RowPlace[]): readonly Group[] {
  const groups: Group[] = [];
  for (const item of items) {
    const section = rows[item.index]?.section;
    const last = groups.at(-1);
    if (last && last.section === section) last.items.push(item);
    else groups.push({ section, items: [item] });
  }
  return groups;
}
