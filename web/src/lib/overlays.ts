import { create } from "zustand";

/** A new project: its parent, and the conversations to move into it. */
export interface NewProject {
  readonly parentId: string | null;
  readonly conversations?: readonly string[];
}

/** A project to edit, delete or create. */
export type ProjectRequest = { readonly id: string } | { readonly remove: string } | NewProject;

interface Overlays {
  palette: boolean;
  shortcuts: boolean;
  /** The sidebar drawer on narrow screens. */
  drawer: boolean;
  project: ProjectRequest | undefined;
}

/** The open overlays, which any component can change. */
export const useOverlays = create<Overlays>(() => ({ palette: false, shortcuts: false, drawer: false, project: undefined }));

export const overlay = useOverlays.setState;
