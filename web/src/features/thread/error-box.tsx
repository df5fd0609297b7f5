import { CircleAlertIcon, RotateCcwIcon } from "lucide-react";

import type { Part } from "@/api/client";
import { Button } from "@/components/ui/button";
import { useT } from "@/i18n";

import { Collapsible } from "./collapsible";

type Failure = Extract<Part, { type: "error" }>;

/** Why a response failed, the provider's error, and a retry button. */
export function ErrorBox({ error: { code, message, details }, onRetry }: { error: Failure; onRetry: (() => void) | undefined }) {
  const t = useT();
  const entries = Object.entries(details ?? {});
  const summary = code === "interrupted" ? "thread.error.interrupted" : code === "no-answer" ? "thread.error.empty" : "thread.error";
  const detail = summary === "thread.error" ? message : undefined;
  return (
    <div className="my-2 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border border-danger/30 bg-danger-soft px-4 py-3 text-sm">
      <CircleAlertIcon aria-hidden className="size-4 shrink-0 text-danger" />
      <div className="min-w-40 flex-1 wrap-anywhere">
        <p className="font-medium text-danger">{t(summary)}</p>
        {detail && <p className="mt-0.5">{detail}</p>}
        {entries.length > 0 && (
          <Collapsible label={t("thread.error.details")} className="mt-1 text-muted">
            {() => (
              <dl className="grid grid-cols-[auto_1fr] gap-x-3">
                {entries.map(([name, value]) => (
                  <Fact key={name} name={name} value={typeof value === "string" ? value : JSON.stringify(value)} />
                ))}
              </dl>
            )}
          </Collapsible>
        )}
      </div>
      {onRetry && (
        <Button size="small" variant="outline" onClick={onRetry}>
          <RotateCcwIcon aria-hidden /> {t("app.retry")}
        </Button>
      )}
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="whitespace-pre-wrap wrap-anywhere">{value}</dd>
    </>
  );
}
