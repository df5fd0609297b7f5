import { type RefObject, useEffectEvent, useLayoutEffect, useRef, useState } from "react";

import { Viewport, type Watcher } from "./viewport";

/** Milliseconds for which a linked message is highlighted. */
const SHOWN = 2400;

/** Scrolls to the end or to a linked message, and keeps the reading position stable. */
export function useViewport({
  rows,
  around,
  onNear,
  isComplete,
}: {
  rows: readonly unknown[];
  around: string | undefined;
  onNear: (side: "before" | "after") => void;
  isComplete: () => boolean;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const viewport = useRef<Viewport>(undefined);
  const shownTarget = useRef<string>(undefined);
  const [atEnd, setAtEnd] = useState(true);
  const near = useEffectEvent(onNear);
  const complete = useEffectEvent(isComplete);

  useLayoutEffect(() => {
    if (!scroller.current || !list.current) return;
    const watcher: Watcher = { near: (side) => near(side), atEnd: setAtEnd, complete: () => complete() };
    const created = new Viewport(scroller.current, list.current, watcher);
    viewport.current = created;
    return () => created.close();
  }, []);
  useLayoutEffect(() => {
    const target = around ?? "end";
    if (rows.length === 0 || shownTarget.current === target) {
      viewport.current?.settle();
      return;
    }
    const first = shownTarget.current === undefined;
    if (around) {
      const row = viewport.current?.show(around);
      if (!row) return;
      pointOut(row);
    } else if (first) viewport.current?.toEnd();
    shownTarget.current = target;
  }, [rows, around]);

  return { scroller, list, atEnd, viewport: viewport as RefObject<Viewport | undefined> };
}

function pointOut(row: HTMLElement): void {
  row.dataset["shown"] = "";
  setTimeout(() => delete row.dataset["shown"], SHOWN);
}
