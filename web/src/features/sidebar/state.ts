import { create } from "zustand";
import { persist } from "zustand/middleware";

import type { Conversation, Project } from "@/api/client";

import { NOTHING, type Selection } from "./selection";

/** Which conversations are listed: active ones, archived ones, or those with a tag. */
export type View = { readonly archived: boolean; readonly tag?: string };

export const EVERYTHING: View = { archived: false };

export type MenuSubject =
  | { readonly kind: "conversation"; readonly key: string; readonly conversation: Conversation }
  | { readonly kind: "project"; readonly key: string; readonly project: Project };

/** A context menu and its position. */
export type MenuRequest = MenuSubject & { readonly x: number; readonly y: number };

interface SidebarState {
  view: View;
  /** The expanded projects. */
  expanded: readonly string[];
  projectsShown: boolean;
  selection: Selection;
  /** The key of the row that is being renamed. */
  renaming: string | undefined;
  menu: MenuRequest | undefined;
  dialog: { readonly kind: "move" | "tags"; readonly conversations: readonly Conversation[] } | undefined;
}

/** The state of the sidebar, shared by the fixed one and the drawer. */
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

/** Change the list and clear the selection. */
export function show(view: View): void {
  sidebar({ view, selection: NOTHING, renaming: undefined });
}

export function expand(projectId: string, open: boolean): void {
  sidebar(({ expanded }) => ({ expanded: [...expanded.filter((id) => id !== projectId), ...(open ? [projectId] : [])] }));
}
