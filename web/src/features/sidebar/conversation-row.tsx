import { Link, useParams } from "@tanstack/react-router";
import { CheckIcon, LoaderCircleIcon } from "lucide-react";
import { memo } from "react";

import type { Conversation } from "@/api/client";
import { useUpdateConversation } from "@/data/conversations";
import { useActiveRuns } from "@/data/runs";
import { isUnread, useSeen } from "@/data/unread";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { useTouch } from "@/lib/media";
import { overlay } from "@/lib/overlays";

import { RenameField } from "./rename-field";
import { RowFrame } from "./row-frame";
import type { ConversationRow as Row } from "./rows";
import { sidebar, useSidebar } from "./state";

interface Props {
  row: Row;
  tabbable: boolean;
}

export const ConversationRow = memo(function ConversationRow({ row, tabbable }: Props) {
  const t = useT();
  const touch = useTouch();
  const { conversation } = row;
  const { id } = conversation;
  const title = conversation.title || t("app.untitled");
  const selecting = useSidebar((state) => state.selection.ids.size > 0);
  const selected = useSidebar((state) => state.selection.ids.has(id));
  const renaming = useSidebar((state) => state.renaming === row.key);
  return (
    <RowFrame row={row} subject={{ kind: "conversation", key: row.key, conversation }} name={title} tabbable={tabbable} marked={selected}>
      {renaming ? (
        <Rename conversation={conversation} />
      ) : (
        <Link
          to="/c/$conversationId"
          params={{ conversationId: id }}
          activeOptions={{ includeSearch: false }}
          data-row={row.key}
          tabIndex={tabbable ? 0 : -1}
          draggable={!touch}
          title={title}
          className={cn(
            "flex h-full min-w-0 flex-1 items-center gap-2 rounded-lg text-sm -outline-offset-2 select-none touch:[-webkit-touch-callout:none]",
            row.depth > 0 ? "ps-7" : "ps-2.5",
          )}
          onClick={() => overlay({ drawer: false })}
        >
          {selecting && <Mark selected={selected} />}
          <span dir="auto" className={cn("min-w-0 flex-1 truncate text-left rtl:text-right", !conversation.title && "text-muted")}>
            {title}
          </span>
          <StatusIcon conversation={conversation} />
        </Link>
      )}
    </RowFrame>
  );
});

function Rename({ conversation: { id, title } }: { conversation: Conversation }) {
  const t = useT();
  const { mutate: update } = useUpdateConversation();
  return (
    <RenameField
      label={t("sidebar.rename.label")}
      name={title}
      onDone={(changed) => {
        sidebar({ renaming: undefined });
        if (changed !== undefined) update({ id, changes: { title: changed } });
      }}
    />
  );
}

function Mark({ selected }: { selected: boolean }) {
  const t = useT();
  return (
    <span
      className={cn(
        "flex size-4 shrink-0 items-center justify-center rounded border",
        selected ? "border-accent bg-accent text-accent-foreground" : "border-muted",
      )}
    >
      {selected && <CheckIcon aria-hidden className="size-3" />}
      <span className="sr-only">{t(selected ? "sidebar.selected" : "sidebar.notSelected")}</span>
    </span>
  );
}

/** Whether a response is being generated, or there is unread content. */
function StatusIcon({ conversation }: { conversation: Conversation }) {
  const t = useT();
  const { id } = conversation;
  const running = useActiveRuns((runs) => Object.values(runs).some((run) => run.conversation_id === id));
  const open = useParams({ strict: false, select: (params) => params.conversationId === id });
  const unread = useSeen((seen) => isUnread(seen, conversation));
  if (running)
    return (
      <span className="me-1 shrink-0">
        <LoaderCircleIcon aria-hidden className="size-3.5 animate-spin text-accent" />
        <span className="sr-only">{t("sidebar.running")}</span>
      </span>
    );
  if (open || !unread) return null;
  return (
    <span className="me-1 size-2 shrink-0 rounded-full bg-accent">
      <span className="sr-only">{t("sidebar.unread")}</span>
    </span>
  );
}
