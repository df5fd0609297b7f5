import { useSyncExternalStore } from "react";

/** Whether a media query holds, now and whenever it changes. */
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

/** Whether there is no room for the sidebar beside the conversation. */
export const useNarrow = () => useMedia(NARROW);

/** Whether a finger points here, which cannot hover. */
export const useTouch = () => useMedia("(hover: none)");

/** Whether there is room for something beside the conversation. */
export const useWide = () => useMedia("(min-width: 1024px)");
