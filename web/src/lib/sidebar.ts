/** Whether the sidebar is shown. Beside the page it stays as it was left; where there is no room it is a drawer. */
import { NARROW, useNarrow } from "@/lib/media";
import { overlay, useOverlays } from "@/lib/overlays";
import { prefer, usePreferences } from "@/lib/preferences";

export function useSidebarShown(): boolean {
  const narrow = useNarrow();
  const drawer = useOverlays((state) => state.drawer);
  const open = usePreferences((state) => state.sidebarOpen);
  return narrow ? drawer : open;
}

export function showSidebar(shown: boolean): void {
  const narrow = matchMedia(NARROW).matches;
  if (narrow) overlay({ drawer: shown });
  else prefer({ sidebarOpen: shown });
  // The drawer takes the focus itself.
  if (!narrow || !shown) keepFocus();
}

export function toggleSidebar(): void {
  const shown = matchMedia(NARROW).matches ? useOverlays.getState().drawer : usePreferences.getState().sidebarOpen;
  showSidebar(!shown);
}

/** The button that was pressed is gone: the one that undoes it gets the focus. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const buttons = document.querySelectorAll<HTMLElement>("[data-sidebar-button]");
    [...buttons].find((button) => button.checkVisibility())?.focus();
  });
}

/** How long, in milliseconds, a dialog has to give the focus back, and a row to go. */
const SETTLED = 100;

/** If what had the focus goes with a dialog, the list gets it. */
export function keepFocusInList(): void {
  setTimeout(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus();
  }, SETTLED);
}
