import { CircleAlertIcon, RotateCcwIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { useT } from "@/i18n";

/** Why an answer failed, and the way to try again. */
export function ErrorBox({ code, message, onRetry }: { code: string; message: string; onRetry: (() => void) | undefined }) {
  const t = useT();
  const known = code === "interrupted" ? "thread.error.interrupted" : code === "no-answer" ? "thread.error.nothing" : "thread.error";
  const detail = known === "thread.error" ? message : undefined;
  return (
    <div className="my-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border border-danger/30 bg-danger-soft px-4 py-3 text-sm">
      <CircleAlertIcon aria-hidden className="size-4 shrink-0 text-danger" />
      <div className="min-w-40 flex-1 wrap-anywhere">
        <p className="font-medium text-danger">{t(known)}</p>
        {detail && <p className="mt-0.5">{detail}</p>}
      </div>
      {onRetry && (
        <Button size="small" variant="outline" onClick={onRetry}>
          <RotateCcwIcon aria-hidden /> {t("app.retry")}
        </Button>
      )}
    </div>
  );
}
