import { PlayIcon } from "lucide-react";

import type { Message } from "@/api/client";
import { Button } from "@/components/ui/button";
import { type Key, useT } from "@/i18n";

import { useThreadContext } from "./thread-context";

const REASONS: Partial<Record<NonNullable<Message["finish"]>, Key>> = {
  interrupted: "thread.interrupted",
  cancelled: "thread.cancelled",
  length: "thread.outputLimit",
  content_filter: "thread.filtered",
  other: "thread.otherFinish",
};

/** Explains why a response is incomplete. The last one has a Continue button; others have it in their menu. */
export function FinishNotice({ message, last }: { message: Message; last: boolean }) {
  const t = useT();
  const { actions } = useThreadContext();
  const { run_id: run, finish, metadata } = message;
  const reason = finish && REASONS[finish];
  if (!reason) return null;
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      {t(reason, { reason: typeof metadata?.finish_reason === "string" ? metadata.finish_reason : "?" })}
      {last && run && message.parts.some((part) => part.type !== "error") && (
        <Button size="small" variant="outline" onClick={() => actions.continueRun(run)}>
          <PlayIcon aria-hidden /> {t("thread.continue")}
        </Button>
      )}
    </p>
  );
}

/** Offers to generate a response if the last message has none. */
export function NoResponseNotice() {
  const t = useT();
  const { idle, shownBranch, actions } = useThreadContext();
  if (!idle) return null;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      {t("thread.noResponse")}
      <Button size="small" variant="outline" onClick={() => actions.generate(shownBranch)}>
        <PlayIcon aria-hidden /> {t("thread.generate")}
      </Button>
    </p>
  );
}
