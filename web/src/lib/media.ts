import { useSyncExternalStore } from "react";

/** Whether a media query matches, with updates. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

export const NARROW = "(max-width: 767px)";

/** Whether the screen is too narrow for a fixed sidebar. */
export const useNarrow = () => useMedia(NARROW);

/** Whether the pointer is a finger, which cannot hover. */
export const useTouch = () => useMedia("(hover: none)");

/** Whether the screen is wide enough for a panel beside the conversation. */
export const useWide = () => useMedia("(min-width: 1024px)");
