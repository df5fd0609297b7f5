import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { FolderIcon, RotateCcwIcon, Trash2Icon } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Conversation } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Skeleton } from "@/components/ui/state";
import { conversationsQuery, useRestoreConversation } from "@/data/conversations";
import { restoreProject, deletedProjectsQuery } from "@/data/projects";
import { usePurgeConversation } from "@/data/usage";
import { useT } from "@/features/settings/texts";
import { useLanguage } from "@/i18n";
import { shortDate } from "@/lib/time";

/** Deleted conversations, which can be restored. */
export function Trash() {
  const t = useT();
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(conversationsQuery({ deleted: true }));
  const { data: projects = [] } = useQuery(deletedProjectsQuery);
  const restore = useRestoreConversation();
  const purge = usePurgeConversation();
  const [purging, setPurging] = useState<Conversation>();
  const items = data?.pages.flatMap((page) => page.items);
  if (!items) return <Skeleton className="h-16" />;
  if (items.length + projects.length === 0) return <p className="text-sm text-muted">{t("data.trash.empty")}</p>;
  return (
    <>
      <ul className="flex flex-col">
        {projects.map((project) => (
          <Deleted
            key={project.id}
            icon={<FolderIcon aria-label={t("data.trash.project")} className="size-4 shrink-0 text-muted" />}
            title={project.name}
            at={project.deleted_at ?? project.updated_at}
            onRestore={() => void restoreProject(project)}
          />
        ))}
        {items.map((conversation) => (
          <Deleted
            key={conversation.id}
            title={conversation.title || t("app.untitled")}
            at={conversation.deleted_at ?? conversation.updated_at}
            onRestore={() => restore.mutate(conversation.id)}
            onPurge={() => setPurging(conversation)}
          />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="outline" className="self-start" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("app.more")}
        </Button>
      )}
      <Confirm
        open={purging !== undefined}
        onOpenChange={() => setPurging(undefined)}
        title={t("data.trash.purge.title")}
        description={purging && t("data.trash.purge.hint", { title: purging.title || t("app.untitled"), count: purging.message_count })}
        action={t("app.delete")}
        onConfirm={() => purging && purge.mutate(purging.id)}
      />
    </>
  );
}

interface DeletedProps {
  icon?: ReactNode;
  title: string;
  at: string;
  onRestore: () => void;
  onPurge?: () => void;
}

function Deleted({ icon, title, at, onRestore, onPurge }: DeletedProps) {
  const t = useT();
  const language = useLanguage();
  return (
    <li className="flex items-center gap-2 border-b py-1 text-sm last:border-b-0">
      {icon}
      <span className="min-w-0 flex-1 truncate">{title}</span>
      <span className="text-xs text-muted">{shortDate(at, language)}</span>
      <IconButton label={t("data.trash.restore", { title })} onClick={onRestore}>
        <RotateCcwIcon />
      </IconButton>
      {onPurge && (
        <IconButton label={t("data.trash.purge", { title })} onClick={onPurge}>
          <Trash2Icon />
        </IconButton>
      )}
    </li>
  );
}
