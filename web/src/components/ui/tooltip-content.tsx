import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";

import type { TooltipTarget, Side } from "@/components/ui/tooltip";

/** Distance from the anchor and from the edge of the page, in pixels. */
const GAP = 6;
const MARGIN = 8;
const OPPOSITE = { top: "bottom", bottom: "top", left: "right", right: "left" } as const;

/** The tooltip itself, beside its anchor and above everything else. */
export default function TooltipContent({ anchor, label, shortcut, side, onReach, onLeave }: TooltipTarget & { onReach: () => void; onLeave: () => void }) {
  const content = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = content;
    if (!current) return;
    current.showPopover();
    const at = position(anchor.getBoundingClientRect(), current.getBoundingClientRect(), side);
    current.style.left = `${at.left}px`;
    current.style.top = `${at.top}px`;
  }, [anchor, side]);
  const onEvent = useEffectEvent((event: Event) => {
    if (!(event instanceof KeyboardEvent) || event.key === "Escape") onLeave();
  });
  useEffect(() => {
    document.addEventListener("keydown", onEvent, true);
    document.addEventListener("scroll", onEvent, true);
    return () => {
      document.removeEventListener("keydown", onEvent, true);
      document.removeEventListener("scroll", onEvent, true);
    };
  }, []);
  return (
    <div
      ref={content}
      popover="manual"
      aria-hidden
      onPointerEnter={onReach}
      onPointerLeave={onLeave}
      className="pointer-events-auto fixed inset-auto m-0 flex items-center gap-2 rounded-md bg-foreground px-2 py-1 text-xs text-background shadow-md animate-in fade-in-0"
    >
      {label}
      {shortcut}
    </div>
  );
}

/** Where a tooltip goes: on the preferred side or, without room there, on the opposite one; always inside the page. */
function position(anchor: DOMRect, size: DOMRect, side: Side) {
  const { clientWidth, clientHeight } = document.documentElement;
  const room = { top: anchor.top, left: anchor.left, bottom: clientHeight - anchor.bottom, right: clientWidth - anchor.right };
  const upright = side === "top" || side === "bottom";
  const needed = (upright ? size.height : size.width) + GAP + MARGIN;
  const free = room[side] < needed && room[OPPOSITE[side]] > room[side] ? OPPOSITE[side] : side;
  const centre = { left: anchor.left + (anchor.width - size.width) / 2, top: anchor.top + (anchor.height - size.height) / 2 };
  const beside = {
    top: { ...centre, top: anchor.top - size.height - GAP },
    bottom: { ...centre, top: anchor.bottom + GAP },
    left: { ...centre, left: anchor.left - size.width - GAP },
    right: { ...centre, left: anchor.right + GAP },
  }[free];
  return {
    left: Math.max(MARGIN, Math.min(beside.left, clientWidth - size.width - MARGIN)),
    top: Math.max(MARGIN, Math.min(beside.top, clientHeight - size.height - MARGIN)),
  };
}
