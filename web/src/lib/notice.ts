/** Notices. They wait until their container has mounted. */
import type { toast } from "sonner";

import { Refused, Unreachable } from "@/api/client";
import { t } from "@/i18n";

type Show = typeof toast;

let begin: (show: Show) => void = () => undefined;
const shown = new Promise<Show>((resolve) => {
  begin = resolve;
});

/** The container has mounted. */
export function showNotices(show: Show): void {
  begin(show);
}

export const notice = {
  success(text: string): void {
    void shown.then((show) => show.success(text));
  },
  failure(text: string, description?: string): void {
    void shown.then((show) => show.error(text, { description, duration: 8000 }));
  },
  /** A notice with an undo button. */
  undoable(text: string, undo: () => void): void {
    void shown.then((show) => show(text, { duration: 10_000, action: { label: t("app.undo"), onClick: undo } }));
  },
  /** A notice for an error. */
  error(error: unknown): void {
    notice.failure(t("app.failed"), explain(error));
  },
};

export function explain(error: unknown): string {
  if (error instanceof Unreachable) return t("app.unreachable");
  if (error instanceof Refused && error.code === "conflict") return t("app.conflict");
  return error instanceof Error ? error.message : String(error);
}
