/** Unsaved edits of artifacts, kept in this browser so that a reload or a crash loses nothing. */
import { browserStorage } from "@/lib/storage";

export interface Edit {
  /** The revision that the edit is based on. */
  readonly base: number;
  readonly text: string;
}

const PREFIX = "hansard.edit.";

export function keptEdit(artifactId: string): Edit | undefined {
  try {
    const kept = JSON.parse(browserStorage()?.getItem(PREFIX + artifactId) ?? "") as Partial<Edit>;
    return typeof kept.base === "number" && typeof kept.text === "string" ? { base: kept.base, text: kept.text } : undefined;
  } catch {
    return undefined;
  }
}

/** Store an edit; false if storage is full, then it lasts while the page is open. */
export function keepEdit(artifactId: string, edit: Edit): boolean {
  try {
    browserStorage()?.setItem(PREFIX + artifactId, JSON.stringify(edit));
    return true;
  } catch {
    return false;
  }
}

export function dropEdit(artifactId: string): void {
  browserStorage()?.removeItem(PREFIX + artifactId);
}
