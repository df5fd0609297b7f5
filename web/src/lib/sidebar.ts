/** Whether the sidebar is visible. Its state is saved; on narrow screens it is a drawer. */
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
  // The drawer manages the focus itself.
  if (!narrow || !shown) keepFocus();
}

export function toggleSidebar(): void {
  const shown = matchMedia(NARROW).matches ? useOverlays.getState().drawer : usePreferences.getState().sidebarOpen;
  showSidebar(!shown);
}

/** The pressed button disappears: focus the button that reverses it. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const buttons = document.querySelectorAll<HTMLElement>("[data-sidebar-button]");
    [...buttons].find((button) => button.checkVisibility())?.focus();
  });
}

/** How long a dialog may take to return the focus and a row to disappear, in milliseconds. */
const SETTLE_DELAY = 100;

/** Focus the list if the focused element disappears with a dialog. */
export function keepFocusInList(): void {
  setTimeout(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus();
  }, SETTLE_DELAY);
}
