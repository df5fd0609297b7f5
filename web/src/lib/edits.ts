/** What was changed in artifacts and not saved yet: kept in this browser, so that a reload or a crash loses nothing. */
import { browserStorage } from "@/lib/storage";

export interface Edit {
  /** The revision that it began with. */
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

/** Keep an edit; false if the browser keeps no more, then it lives as long as the page. */
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
