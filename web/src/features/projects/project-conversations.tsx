import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { MessagesSquareIcon } from "lucide-react";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Conversation } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Empty, Skeleton } from "@/components/ui/state";
import { conversationsQuery } from "@/data/conversations";
import { useLanguage, useT } from "@/i18n";
import { plainText } from "@/lib/plain-text";
import { shortDate } from "@/lib/time";

const ROW = 64;
/** Rows before the end at which the next page loads. */
const PREFETCH_ROWS = 30;

/** A virtualised list of a project's conversations, newest first. */
export function ProjectConversations({ projectId, scroller }: { projectId: string; scroller: RefObject<HTMLElement | null> }) {
  const t = useT();
  const { data, isPending, isError, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    conversationsQuery({ archived: false, project_id: projectId }),
  );
  const conversations = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const list = useRef<HTMLUListElement>(null);
  const [above, setAbove] = useState(0);
  useEffect(() => {
    const page = scroller.current?.firstElementChild;
    const observer = new ResizeObserver(() => setAbove(list.current?.offsetTop ?? 0));
    if (page) observer.observe(page);
    return () => observer.disconnect();
  }, [scroller]);
  const virtualizer = useVirtualizer({
    count: conversations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: useCallback((i: number) => conversations[i]?.id ?? i, [conversations]),
    scrollMargin: above,
    overscan: 8,
    useFlushSync: false,
  });
  const last = virtualizer.range?.endIndex ?? 0;
  useEffect(() => {
    if (hasNextPage && !isError && last > conversations.length - PREFETCH_ROWS) void fetchNextPage({ cancelRefetch: false });
  }, [last, conversations.length, hasNextPage, isError, fetchNextPage]);

  if (isPending) return <Skeleton className="h-64 rounded-xl" />;
  if (!isError && conversations.length === 0)
    return (
      <Empty icon={<MessagesSquareIcon aria-hidden />} title={t("app.empty")}>
        <p>{t("projects.empty")}</p>
      </Empty>
    );
  return (
    <>
      <ul ref={list} className="relative -mx-3" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ key, index, start, size }) => {
          const conversation = conversations[index];
          return (
            conversation && (
              <li
                key={key}
                aria-posinset={index + 1}
                aria-setsize={hasNextPage ? -1 : conversations.length}
                className="absolute inset-x-0 top-0"
                style={{ height: size, transform: `translateY(${start - above}px)` }}
              >
                <Entry conversation={conversation} />
              </li>
            )
          );
        })}
      </ul>
      {isError && (
        <div role="alert" className="flex items-center justify-between gap-4 text-sm text-muted">
          {t("projects.failed")}
          <Button variant="outline" onClick={() => void (data ? fetchNextPage() : refetch())}>
            {t("app.retry")}
          </Button>
        </div>
      )}
    </>
  );
}

function Entry({ conversation: { id, title, preview, active_at } }: { conversation: Conversation }) {
  const t = useT();
  const language = useLanguage();
  return (
    <Link
      to="/c/$conversationId"
      params={{ conversationId: id }}
      className="flex h-full flex-col justify-center rounded-xl px-3 -outline-offset-2 hover:bg-hover"
    >
      <span className="flex items-baseline justify-between gap-3 text-sm">
        <span dir="auto" className="truncate font-medium">
          {title || t("app.untitled")}
        </span>
        <time dateTime={active_at} className="shrink-0 text-xs text-muted">
          {shortDate(active_at, language)}
        </time>
      </span>
      <span dir="auto" className="truncate text-sm text-muted">
        {plainText(preview) || "\u00a0"}
      </span>
    </Link>
  );
}
