import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from "react";

import { useTouch } from "@/lib/media";

import type { Row, Section } from "./rows";
import type { View } from "./state";
import { indexAt, moved, scrolledTo, startsOf } from "./window";

type Scroller = RefObject<HTMLElement | null>;

/** Where a row is drawn, in pixels. */
export interface RowPlace {
  readonly index: number;
  readonly key: string;
  readonly start: number;
  readonly size: number;
}

/** What of the list is in sight. */
interface Sight {
  readonly top: number;
  readonly height: number;
}

/** Where each list was left, for the next time it is shown. */
const left = new WeakMap<View, number>();
/** From so many rows before its place on, what comes next is loaded. */
const AHEAD = 40;
/** So many rows are drawn above and below those in sight. */
const SPARE = 12;
/** Pixels that are scrolled before the rows are drawn anew; fewer than the spare ones are high. */
const STEP = 128;
/** Pixels below the last row. */
const END = 16;

/**
 * The rows in sight, and a few more; the row at `kept` is always among them, for it may have the focus. Their heights
 * are known, so nothing is measured.
 */
export function useVirtualRows(rows: readonly Row[], scroller: Scroller, kept: number, view: View) {
  const touch = useTouch();
  const rem = useRem();
  const starts = useMemo(() => startsOf(rows.map((row) => height(row, touch) * rem)), [rows, touch, rem]);
  const sight = useSight(scroller, view);
  const from = Math.max(0, indexAt(starts, sight.top) - SPARE);
  const to = Math.min(rows.length - 1, indexAt(starts, sight.top + sight.height + STEP) + SPARE);

  const items = useMemo(() => {
    const shown = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const drawn = kept < 0 || (kept >= from && kept <= to) ? shown : [...shown, kept].toSorted((a, b) => a - b);
    return drawn.flatMap((index): readonly RowPlace[] => {
      const [row, start, end] = [rows[index], starts[index], starts[index + 1]];
      return row && start !== undefined && end !== undefined ? [{ index, key: row.key, start, size: end - start }] : [];
    });
  }, [rows, starts, from, to, kept]);

  useSteadyPlace(scroller, rows, starts, items);
  useEffect(() => {
    for (const row of rows.slice(Math.max(0, from - AHEAD), to + AHEAD))
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

/** Begins where the list was left. */
function useSight(scroller: Scroller, view: View): Sight {
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

/** Of the rows in sight, those that stay stay where they are when others come or go above them. */
function useSteadyPlace(scroller: Scroller, rows: readonly Row[], starts: readonly number[], items: readonly RowPlace[]): void {
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
