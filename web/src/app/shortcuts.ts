import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { overlay } from "@/lib/overlays";
import { SHORTCUTS, pressed } from "@/lib/shortcuts";
import { toggleSidebar } from "@/lib/sidebar";

/** Handles the global keyboard shortcuts. */
export function useShortcuts(): void {
  const navigate = useNavigate();
  useEffect(() => {
    const actions: Partial<Record<keyof typeof SHORTCUTS, () => void>> = {
      palette: () => overlay((state) => ({ palette: !state.palette })),
      newChat: () => void navigate({ to: "/" }),
      sidebar: toggleSidebar,
      settings: () => void navigate({ to: "/settings/{-$page}", params: { page: undefined } }),
      shortcuts: () => void navigate({ to: "/settings/{-$page}", params: { page: "shortcuts" } }),
      composer: () => document.querySelector<HTMLElement>("[data-composer]")?.focus(),
      copyLast: () => document.dispatchEvent(new CustomEvent("hansard:copy-last")),
    };
    const onKeyDown = (event: KeyboardEvent) => {
      for (const [name, shortcut] of Object.entries(SHORTCUTS)) {
        const act = actions[name as keyof typeof SHORTCUTS];
        if (!act || !pressed(event, shortcut)) continue;
        event.preventDefault();
        act();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [navigate]);
}
