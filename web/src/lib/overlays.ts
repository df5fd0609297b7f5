import { create } from "zustand";

/** A new project: where it is made, and which conversations are put into it. */
export interface NewProject {
  readonly parentId: string | null;
  readonly conversations?: readonly string[];
}

/** A project to change, to delete, or to make. */
export type ProjectRequest = { readonly id: string } | { readonly remove: string } | NewProject;

interface Overlays {
  palette: boolean;
  shortcuts: boolean;
  /** The sidebar, where there is no room for it beside the page. */
  drawer: boolean;
  project: ProjectRequest | undefined;
}

/** What stands in front of the page; it can be called from anywhere. */
export const useOverlays = create<Overlays>(() => ({ palette: false, shortcuts: false, drawer: false, project: undefined }));

export const overlay = useOverlays.setState;
