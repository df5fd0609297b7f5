import { useQuery } from "@tanstack/react-query";
import { ArrowDownIcon } from "lucide-react";
import { type ReactNode, type Ref, Suspense, useEffect, useImperativeHandle, useMemo, useState } from "react";

import type { Message } from "@/api/client";
import { IconButton } from "@/components/ui/button";
import { Spinner } from "@/components/ui/state";
import { ratingsQuery } from "@/data/ratings";
import { useT } from "@/i18n";
import { copy } from "@/lib/copy";
import { lazyComponent } from "@/lib/lazy";

import { MessageRow } from "./message";
import { isStep, textOf, toolNames } from "./rows";
import { type MessageDialog, type ThreadContext, ThreadProvider } from "./thread-context";
import { ThreadEmpty, ThreadFailed, ThreadSkeleton } from "./thread-states";
import { useActions } from "./use-actions";
import { useAnnouncements } from "./use-announcements";
import { useThread } from "./use-thread";
import { useViewport } from "./use-viewport";

const MessageDialogs = lazyComponent(() => import("./message-dialogs"));

export interface ThreadHandle {
  /** Follow new content. */
  toEnd(): void;
  /** Edit the user's last message. */
  editLast(): void;
}

interface ThreadProps {
  ref?: Ref<ThreadHandle>;
  conversationId: string;
  /** The branch to show; undefined until it is known. */
  branch: string | undefined;
  /** The message to start at; the end if undefined. */
  around: string | undefined;
  /** Whether the server has the conversation: a new one is shown before that. */
  exists: boolean;
  /** The models that respond to an edited message; empty means the conversation's model. */
  models: readonly string[];
  /** Menu items for the models. */
  modelMenu?: ThreadContext["modelMenu"];
  artifacts: ThreadContext["artifacts"];
  onBranch: (branch: string) => void;
  /** The user selects one of several responses, on this branch. */
  onChoose: (branch: string) => void;
  /** The view is at the end and no longer at the message where it started. */
  onEnd: () => void;
}

const NO_RATINGS = {};

/** The messages of a conversation: a window around the reading position. */
export function Thread({ ref, conversationId, branch, around, exists, models, modelMenu, artifacts, onBranch, onChoose, onEnd }: ThreadProps) {
  const t = useT();
  const { view, query, items, rows, runs, branches, runningBranches, idle, complete, showEnd } = useThread({ conversationId, branch, around, exists });
  const { scroller, list, atEnd, viewport } = useViewport({
    rows,
    around: view?.around,
    isComplete: () => complete,
    onNear: (side) => {
      if (side === "before" && query.hasPreviousPage) void query.fetchPreviousPage({ cancelRefetch: false });
      if (side === "after" && query.hasNextPage) void query.fetchNextPage({ cancelRefetch: false });
    },
  });
  const [editing, setEditing] = useState<string>();
  const [dialog, openDialog] = useState<MessageDialog>();
  const ratings = useQuery({ ...ratingsQuery(conversationId), enabled: exists }).data ?? NO_RATINGS;
  const tools = useMemo(() => toolNames(items), [items]);
  const actions = useActions({ conversationId, models, viewport, setEditing, openDialog, onBranch, onChoose });
  useAnnouncements(runs);
  useCopyLast(rows.findLast((row) => row.message?.role === "assistant")?.message);

  const toEnd = async () => {
    if (!complete) await showEnd();
    viewport.current?.toEnd();
    onEnd();
  };
  useImperativeHandle(ref, () => ({
    toEnd: () => void toEnd(),
    editLast: () => setEditing(rows.findLast((row) => row.message?.role === "user")?.id),
  }));
  const context = useMemo<ThreadContext>(
    () => ({ conversationId, branches, shownBranch: view?.branch ?? "", runningBranches, ratings, tools, editing, idle, modelMenu, artifacts, actions }),
    [conversationId, branches, view, runningBranches, ratings, tools, editing, idle, modelMenu, artifacts, actions],
  );

  return (
    <ThreadProvider value={context}>
      <div className="relative flex min-h-0 flex-1 flex-col">
        <div
          ref={scroller}
          role="region"
          aria-label={t("thread.label")}
          aria-busy={runs.length > 0}
          tabIndex={-1}
          className="@container min-h-0 flex-1 overflow-y-auto overscroll-contain outline-none [overflow-anchor:none]"
        >
          <div className="mx-auto w-full max-w-thread px-4 pt-6 pb-8">
            {query.isFetchingPreviousPage && <Top label={t("thread.loadingEarlier")} />}
            <ol ref={list} className="flex flex-col gap-3">
              {rows.map((row, i) => (
                <MessageRow key={row.key} row={row} last={complete && row === rows.at(-1)} step={isStep(row, rows[i + 1])} />
              ))}
            </ol>
            {rows.length === 0 && <ThreadPlaceholder pending={query.isPending && exists} error={query.error} onEnd={() => void toEnd()} onRetry={() => void query.refetch()} />}
          </div>
        </div>
        {!atEnd && rows.length > 0 && (
          <IconButton
            label={t("thread.jumpToLatest")}
            side="top"
            variant="outline"
            className="absolute bottom-3 left-1/2 z-10 -translate-x-1/2 rounded-full shadow-md"
            onClick={() => void toEnd()}
          >
            <ArrowDownIcon />
          </IconButton>
        )}
      </div>
      <Suspense>{dialog && <MessageDialogs dialog={dialog} onClose={() => openDialog(undefined)} />}</Suspense>
    </ThreadProvider>
  );
}

function ThreadPlaceholder({ pending, error, onEnd, onRetry }: { pending: boolean; error: Error | null; onEnd: () => void; onRetry: () => void }): ReactNode {
  if (pending) return <ThreadSkeleton />;
  if (error) return <ThreadFailed error={error} onEnd={onEnd} onRetry={onRetry} />;
  return <ThreadEmpty />;
}

/** Takes no space, so that nothing moves when it appears or disappears. */
function Top({ label }: { label: string }) {
  return (
    <p className="relative h-0 text-center">
      <span className="sr-only">{label}</span>
      <Spinner className="-translate-y-2" />
    </p>
  );
}

function useCopyLast(message: Message | undefined): void {
  useEffect(() => {
    const onCopyLast = () => message && void copy(textOf(message.parts));
    document.addEventListener("hansard:copy-last", onCopyLast);
    return () => document.removeEventListener("hansard:copy-last", onCopyLast);
  }, [message]);
}
