import { type ReactNode, memo } from "react";

import type { Message, Part } from "@/api/client";
import { modelTitle } from "@/data/models";
import { useLiveResponse } from "@/data/runs";
import { type Translate, useT } from "@/i18n";
import { cn } from "@/lib/cn";

import { Actions, StepActions } from "./actions";
import { ParallelResponses } from "./parallel-responses";
import { BranchPicker } from "./branch-picker";
import { EditForm } from "./edit-form";
import { FinishNotice, NoResponseNotice } from "./finish-notice";
import { Parts } from "./parts";
import { PromptStatus } from "./prompt-status";
import type { Row } from "./rows";
import { useThreadContext } from "./thread-context";
import { GeneratingIndicator } from "./generating-indicator";

const NOTHING: readonly Part[] = [];

interface RowProps {
  row: Row;
  /** Whether it is the last row. */
  last: boolean;
  /** Whether it is an intermediate step: a model or a tool follows it. */
  step: boolean;
}

/** One row: a stored message, a running response or a pending prompt. */
export const MessageRow = memo(function MessageRow({ row, last, step }: RowProps) {
  const t = useT();
  const { editing } = useThreadContext();
  const { message } = row;
  return (
    <li
      data-row={row.key}
      data-message={row.id}
      className={cn("group/message rounded-2xl transition-colors", message?.role !== "user" && "data-shown:bg-mark/30")}
    >
      <h2 className="sr-only">{headingOf(row, t)}</h2>
      {message && editing === message.id ? <EditForm message={message} /> : <Content row={row} last={last} step={step} />}
    </li>
  );
});

function Content({ row, last, step }: RowProps) {
  const { message, prompt } = row;
  if (row.group && last) return <ParallelResponses row={row} />;
  if (prompt)
    return (
      <Bubble parts={prompt.parts} className={prompt.state === "sending" ? "" : "opacity-70"}>
        <PromptStatus prompt={prompt} />
      </Bubble>
    );
  if (message?.role === "user") return <UserMessage message={message} last={last} />;
  if (message && message.role !== "assistant") return <SystemMessage message={message} last={last} step={step} />;
  return <AssistantMessage row={row} last={last} step={step} />;
}

/** A message of the user. */
function UserMessage({ message, last }: { message: Message; last: boolean }) {
  return (
    <Bubble parts={message.parts}>
      <Actions message={message} last={last} className="justify-end" />
      {last && <NoResponseNotice />}
    </Bubble>
  );
}

function Bubble({ parts, className, children }: { parts: readonly Part[]; className?: string; children: ReactNode }) {
  const texts = parts.filter((part) => part.type === "text");
  const others = parts.filter((part) => part.type !== "text");
  return (
    <div className="flex flex-col items-end gap-1">
      {others.length > 0 && (
        <div className="flex max-w-[85%] flex-wrap items-end justify-end gap-2">
          <Parts parts={others} live={false} />
        </div>
      )}
      {texts.length > 0 && (
        <div className={cn("max-w-[85%] min-w-0 rounded-3xl bg-accent-soft px-4 py-2.5 ring-mark transition-shadow group-data-shown/message:ring-4", className)}>
          <Parts parts={texts} live={false} />
        </div>
      )}
      {children}
    </div>
  );
}

/** A stored or running response. One component renders both, so that nothing moves when it is stored. */
function AssistantMessage({ row, last, step }: RowProps) {
  const t = useT();
  const { message, run, speaker } = row;
  const answer = useLiveResponse(run?.id);
  const { actions, artifacts } = useThreadContext();
  const parts = message?.parts ?? answer?.parts ?? NOTHING;
  const answered = { messageId: row.id, parts, stored: message !== undefined };
  return (
    <div className="relative flex flex-col">
      {speaker && <p aria-hidden className="pb-1 text-sm text-muted">{modelTitle(speaker, t)}</p>}
      <Parts parts={parts} live={!message} answered={answered} onRetry={message ? () => actions.regenerate(message) : undefined} />
      {artifacts.below(answered)}
      {!message && <GeneratingIndicator small={parts.length > 0} />}
      {message && <FinishNotice message={message} last={last} />}
      {message && (step ? <StepActions message={message} /> : <Actions message={message} last={last} className="mt-1" />)}
      {!message && row.place && <BranchPicker place={row.place} />}
    </div>
  );
}

/** A system prompt or a tool result. */
function SystemMessage({ message, last, step }: Omit<RowProps, "row"> & { message: Message }) {
  const t = useT();
  return (
    <div className="relative text-sm text-muted">
      {message.role === "system" && <p className="pb-1 font-medium">{t("thread.system")}</p>}
      <Parts parts={message.parts} live={false} />
      {step ? <StepActions message={message} /> : <Actions message={message} last={last} />}
    </div>
  );
}

function headingOf({ message, run, prompt }: Row, t: Translate): string {
  if (prompt || message?.role === "user") return t("thread.user");
  if (message?.role === "system") return t("thread.system");
  if (message?.role === "tool") return t("thread.toolMessage");
  const model = message?.model ?? run?.model;
  return t("thread.model", { name: model ? modelTitle(model, t) : t("models.title") });
}
