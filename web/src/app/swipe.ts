import { useEffect } from "react";

const EDGE = 24;
const FAR = 60;

/** Opens the drawer on a swipe from the left edge, and closes it on a swipe back. */
export function useEdgeSwipe(enabled: boolean, show: (open: boolean) => void): void {
  useEffect(() => {
    if (!enabled) return;
    let from: Touch | undefined;
    const end = (event: Event) => {
      if (!(event instanceof TouchEvent)) return;
      const to = event.changedTouches[0];
      if (!from || !to) return;
      const across = to.clientX - from.clientX;
      if (Math.abs(to.clientY - from.clientY) > Math.abs(across)) return;
      if (from.clientX < EDGE && across > FAR && !document.querySelector("[role=dialog]")) show(true);
      else if (across < -FAR && document.querySelector("[data-drawer]")) show(false);
    };
    const onTouchStart = (event: TouchEvent) => {
      from = event.touches[0];
      // The touched element may be removed during the swipe; it still receives the end.
      event.target?.addEventListener("touchend", end, { once: true, passive: true });
    };
    document.addEventListener("touchstart", onTouchStart, { passive: true });
    return () => document.removeEventListener("touchstart", onTouchStart);
  }, [enabled, show]);
}
