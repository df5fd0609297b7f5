import { ClockIcon, RotateCcwIcon, XIcon } from "lucide-react";

import { Button } from "@/components/ui/button";
import { type Prompt, sendAgain, cancelPrompt } from "@/data/outbox";
import { useT } from "@/i18n";

/** The state of a prompt that is not stored yet, and the button that cancels it. */
export function PromptStatus({ prompt }: { prompt: Prompt }) {
  const t = useT();
  if (prompt.state === "sending") return <span className="h-8 touch:h-11" />;
  const refused = prompt.state === "refused";
  return (
    <p className="flex flex-wrap items-center justify-end gap-x-2 text-sm text-muted">
      {refused ? (
        <span className="text-danger wrap-anywhere">{t("thread.prompt.refused", { reason: prompt.reason ?? "" })}</span>
      ) : (
        <span className="flex items-center gap-1.5">
          <ClockIcon aria-hidden className="size-4" />
          {t(prompt.state === "queued" ? "thread.prompt.queued" : "thread.prompt.waiting")}
        </span>
      )}
      {refused && (
        <Button size="small" onClick={() => sendAgain(prompt.id)}>
          <RotateCcwIcon aria-hidden /> {t("thread.prompt.retry")}
        </Button>
      )}
      <Button size="small" onClick={() => cancelPrompt(prompt.id)}>
        <XIcon aria-hidden /> {t("thread.prompt.cancel")}
      </Button>
    </p>
  );
}
