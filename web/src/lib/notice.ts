/** Notices at the edge of the page. The library that shows them is loaded with the first one. */
import { t } from "@/i18n";
import { Refused, Unreachable } from "@/api/client";
import { part } from "@/lib/lazily";

const library = part(() => import("sonner"));

export const notice = {
  success(text: string): void {
    void library().then(({ toast }) => toast.success(text));
  },
  failure(text: string, description?: string): void {
    void library().then(({ toast }) => toast.error(text, { description, duration: 8000 }));
  },
  /** Something happened that can be taken back for a while. */
  undoable(text: string, undo: () => void): void {
    void library().then(({ toast }) =>
      toast(text, { duration: 10_000, action: { label: t("app.undo"), onClick: undo } }),
    );
  },
  /** What an error means for the person. */
  error(error: unknown): void {
    notice.failure(t("app.failed"), explain(error));
  },
};

export function explain(error: unknown): string {
  if (error instanceof Unreachable) return t("app.unreachable");
  if (error instanceof Refused && error.code === "conflict") return t("app.conflict");
  return error instanceof Error ? error.message : String(error);
}
