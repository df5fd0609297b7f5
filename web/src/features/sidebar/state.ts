import { create } from "zustand";
import { persist } from "zustand/middleware";

import type { Conversation, Project } from "@/api/client";

import { NOTHING, type Selection } from "./selection";

/** Which conversations are listed: those that go on, the archived ones, or those with a tag. */
export type View = { readonly archived: boolean; readonly tag?: string };

export const EVERYTHING: View = { archived: false };

export type MenuSubject =
  | { readonly kind: "conversation"; readonly key: string; readonly conversation: Conversation }
  | { readonly kind: "project"; readonly key: string; readonly project: Project };

/** A menu, and where on the page it opens. */
export type MenuRequest = MenuSubject & { readonly x: number; readonly y: number };

interface SidebarState {
  view: View;
  /** The projects that are open. */
  expanded: readonly string[];
  projectsShown: boolean;
  selection: Selection;
  /** The key of the row that is renamed. */
  renaming: string | undefined;
  menu: MenuRequest | undefined;
  dialog: { readonly kind: "move" | "tags"; readonly conversations: readonly Conversation[] } | undefined;
}

/** What the sidebar shows, wherever it is: beside the page or in the drawer. */
export const useSidebar = create<SidebarState>()(
  persist(
    (): SidebarState => ({
      view: EVERYTHING,
      expanded: [],
      projectsShown: true,
      selection: NOTHING,
      renaming: undefined,
      menu: undefined,
      dialog: undefined,
    }),
    { name: "hansard.sidebar", partialize: ({ expanded, projectsShown }) => ({ expanded, projectsShown }) },
  ),
);

export const sidebar = useSidebar.setState;

/** List other conversations; what was selected among those before is not any more. */
export function show(view: View): void {
  sidebar({ view, selection: NOTHING, renaming: undefined });
}

export function expand(projectId: string, open: boolean): void {
  sidebar(({ expanded }) => ({ expanded: [...expanded.filter((id) => id !== projectId), ...(open ? [projectId] : [])] }));
}
