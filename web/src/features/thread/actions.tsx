import { CopyIcon, EllipsisIcon, PencilIcon, RotateCcwIcon, ThumbsDownIcon, ThumbsUpIcon } from "lucide-react";
import { Suspense, useState } from "react";

import type { Message } from "@/api/client";
import { CopyButton } from "@/components/markdown/copy-button";
import { PlainButton } from "@/components/ui/plain-button";
import { BranchPicker } from "./branch-picker";
import { textOf } from "./rows";
import { useThreadContext } from "./thread-context";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { lazyComponent } from "@/lib/lazy";

const SHOWN = "opacity-0 transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 touch:opacity-100";

const MessageMenu = lazyComponent(() => import("./message-menu"));

/** The actions of a message: visible on hover and focus, and always on touch screens and for the last message. */
export function Actions({
  message,
  last,
  versions = true,
  className,
}: {
  message: Message;
  last: boolean;
  /** Whether to show the version picker. */
  versions?: boolean;
  className?: string;
}) {
  const t = useT();
  const { actions } = useThreadContext();
  const mine = message.role === "user";
  return (
    <div
      role="group"
      aria-label={t("thread.actions")}
      className={cn("-mx-2 flex items-center", !last && SHOWN, className)}
    >
      {versions && <BranchPicker place={message} />}
      <CopyButton label={t("app.copy")} text={() => textOf(message.parts)} icon={<CopyIcon aria-hidden />} />
      {mine && (
        <PlainButton label={t("thread.edit")} onClick={() => actions.edit(message.id)}>
          <PencilIcon aria-hidden />
        </PlainButton>
      )}
      {message.role === "assistant" && <ResponseActions message={message} />}
      <More message={message} />
    </div>
  );
}

/** The same actions overlaid, for an intermediate step. */
export function StepActions({ message }: { message: Message }) {
  return (
    <div className={cn("absolute end-0 top-0 rounded-lg bg-background", SHOWN)}>
      <More message={message} />
    </div>
  );
}

function ResponseActions({ message }: { message: Message }) {
  const t = useT();
  const { ratings, actions } = useThreadContext();
  const rating = ratings[message.id] ?? 0;
  return (
    <>
      {message.parent_id !== null && (
        <PlainButton label={t("thread.regenerate")} onClick={() => actions.regenerate(message)}>
          <RotateCcwIcon aria-hidden />
        </PlainButton>
      )}
      <PlainButton label={t("thread.good")} aria-pressed={rating > 0} onClick={() => actions.rate(message, rating > 0 ? 0 : 1)}>
        <ThumbsUpIcon aria-hidden className={rating > 0 ? "fill-accent text-accent" : ""} />
      </PlainButton>
      <PlainButton label={t("thread.bad")} aria-pressed={rating < 0} onClick={() => actions.rate(message, rating < 0 ? 0 : -1)}>
        <ThumbsDownIcon aria-hidden className={rating < 0 ? "fill-danger text-danger" : ""} />
      </PlainButton>
    </>
  );
}

/** The menu renders on first use: there are hundreds of them, and few are ever opened. */
function More({ message }: { message: Message }) {
  const t = useT();
  const [opened, setOpened] = useState(false);
  const button = (
    <PlainButton label={t("app.more")} aria-haspopup="menu" aria-expanded={false} onClick={() => setOpened(true)}>
      <EllipsisIcon aria-hidden />
    </PlainButton>
  );
  if (!opened) return button;
  return (
    <Suspense fallback={button}>
      <MessageMenu message={message} />
    </Suspense>
  );
}
