import { Link } from "@tanstack/react-router";
import { FolderIcon, GitForkIcon, HourglassIcon, MessagesSquareIcon, ScrollTextIcon } from "lucide-react";

import type { Conversation, Project } from "@/api/client";
import { PageHeader } from "@/components/page-header";
import { Button, IconButton } from "@/components/ui/button";
import { useUpdateConversation } from "@/data/conversations";
import { useT } from "@/i18n";
import { notice } from "@/lib/notice";

/** The dialogs of a conversation. */
export type Panel = "map" | "system" | "talk" | "model";

/** The title and project of a conversation, and the actions for all of it. */
export function ThreadHeader({
  conversation,
  project,
  branches,
  onShow,
}: {
  conversation: Conversation | undefined;
  project: Project | undefined;
  /** Number of branches. */
  branches: number;
  onShow: (panel: Panel) => void;
}) {
  const t = useT();
  return (
    <PageHeader className="border-b border-transparent">
      <div className="flex min-w-0 flex-1 items-center gap-2 ps-1">
        {project && (
          <>
            <Link
              to="/projects/$projectId"
              params={{ projectId: project.id }}
              className="flex max-w-40 min-w-0 items-center gap-1.5 rounded-lg px-1 text-sm text-muted hover:text-foreground touch:min-h-11"
            >
              <FolderIcon aria-hidden className="size-4 shrink-0" />
              <span className="truncate max-sm:sr-only">{project.name}</span>
            </Link>
            <span aria-hidden className="text-muted">
              /
            </span>
          </>
        )}
        <h1 dir="auto" className="min-w-0 truncate text-sm font-medium">
          {conversation?.title || t("app.untitled")}
        </h1>
        {conversation?.expires_at && <Temporary conversation={conversation} />}
      </div>
      {branches > 1 && (
        <IconButton label={t("thread.map")} onClick={() => onShow("map")}>
          <GitForkIcon className="rotate-180" />
        </IconButton>
      )}
      <IconButton label={t("thread.systemPrompt")} disabled={!conversation} onClick={() => onShow("system")}>
        <ScrollTextIcon className={conversation?.system ? "text-accent" : ""} />
      </IconButton>
      <IconButton label={t("thread.dialogue")} disabled={!conversation} onClick={() => onShow("talk")}>
        <MessagesSquareIcon />
      </IconButton>
    </PageHeader>
  );
}

function Temporary({ conversation: { id } }: { conversation: Conversation }) {
  const t = useT();
  const { mutate: update } = useUpdateConversation();
  const keep = () => update({ id, changes: { temporary: false } }, { onSuccess: () => notice.success(t("thread.kept")) });
  return (
    <span className="flex shrink-0 items-center gap-1 text-sm text-muted">
      <HourglassIcon aria-hidden className="size-4" />
      <span className="max-sm:sr-only">{t("thread.temporary")}</span>
      <Button size="small" variant="outline" className="ms-1" onClick={keep}>
        {t("thread.keep")}
      </Button>
    </span>
  );
}
