import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcwIcon, Trash2Icon } from "lucide-react";
import { useState } from "react";

import type { Conversation } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Skeleton } from "@/components/ui/state";
import { conversationsQuery, useRestoreConversation } from "@/data/conversations";
import { usePurgeConversation } from "@/data/usage";
import { useLanguage, useT } from "@/i18n";
import { shortDate } from "@/lib/time";

/** What was deleted, and can be brought back. */
export function Trash() {
  const t = useT();
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(conversationsQuery({ deleted: true }));
  const purge = usePurgeConversation();
  const [asked, setAsked] = useState<Conversation>();
  const items = data?.pages.flatMap((page) => page.items);
  if (!items) return <Skeleton className="h-16" />;
  if (items.length === 0) return <p className="text-sm text-muted">{t("data.trash.empty")}</p>;
  return (
    <>
      <ul className="flex flex-col">
        {items.map((conversation) => (
          <Deleted key={conversation.id} conversation={conversation} onPurge={() => setAsked(conversation)} />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="outline" className="self-start" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("app.more")}
        </Button>
      )}
      <Confirm
        open={asked !== undefined}
        onOpenChange={() => setAsked(undefined)}
        title={t("data.trash.purge.ask")}
        description={asked && t("data.trash.purge.told", { title: asked.title || t("app.untitled"), count: asked.message_count })}
        action={t("app.delete")}
        onConfirm={() => asked && purge.mutate(asked.id)}
      />
    </>
  );
}

function Deleted({ conversation, onPurge }: { conversation: Conversation; onPurge: () => void }) {
  const t = useT();
  const language = useLanguage();
  const restore = useRestoreConversation();
  const title = conversation.title || t("app.untitled");
  return (
    <li className="flex items-center gap-2 border-b py-1 text-sm last:border-b-0">
      <span className="min-w-0 flex-1 truncate">{title}</span>
      <span className="text-xs text-muted">{shortDate(conversation.deleted_at ?? conversation.updated_at, language)}</span>
      <IconButton label={t("data.trash.restore", { title })} onClick={() => restore.mutate(conversation.id)}>
        <RotateCcwIcon />
      </IconButton>
      <IconButton label={t("data.trash.purge", { title })} onClick={onPurge}>
        <Trash2Icon />
      </IconButton>
    </li>
  );
}
