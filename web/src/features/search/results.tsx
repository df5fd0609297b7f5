import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArchiveIcon, SearchIcon, SearchXIcon } from "lucide-react";
import { useEffect } from "react";

import { type Hit, Refused } from "@/api/client";
import { announce } from "@/components/announcer";
import { Button } from "@/components/ui/button";
import { Empty, Failed, Skeleton, Spinner } from "@/components/ui/state";
import { modelTitle } from "@/data/models";
import { hitsQuery } from "@/data/search";
import { Highlighted } from "@/components/highlighted";
import { useT } from "@/features/search/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";
import { plainExcerpt } from "@/lib/plain-text";
import { type SearchFilter, filterCount, unsearchableReason } from "@/lib/search-filter";
import { dateTime } from "@/lib/time";

/** The results of a search, or why there are none. */
export function Results({ filter }: { filter: SearchFilter }) {
  const t = useT();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(hitsQuery(filter));
  const why = unsearchableReason(filter.q ?? "");
  const hits = data?.pages.flatMap((page) => page.items) ?? [];
  const summary = hits.length === 0 ? t("search.none") : t(hasNextPage ? "search.countSoFar" : "search.count", { count: hits.length });
  const loaded = why === undefined && data !== undefined;
  useEffect(() => {
    if (loaded) announce(summary);
  }, [loaded, summary]);

  if (why) return <NoQuery why={why} />;
  if (error && !data)
    return isRefused(error) ? <Failed error={error} title={t("search.refused")} /> : <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <ResultsSkeleton />;
  if (hits.length === 0) return <None filter={filter} />;
  return (
    <section aria-label={t("search.results")} className="flex flex-col gap-3 pb-8">
      <p className="text-sm text-muted">{summary}</p>
      <ol className="flex flex-col gap-1">
        {hits.map((hit) => (
          <Item key={hit.message.id} hit={hit} />
        ))}
      </ol>
      {error && <p role="alert" className="text-sm text-danger">{explain(error)}</p>}
      {hasNextPage && (
        <Button variant="outline" className="self-center" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage && <Spinner />}
          {t("search.more")}
        </Button>
      )}
    </section>
  );
}

function Item({ hit: { message, conversation, snippet, marks } }: { hit: Hit }) {
  const t = useT();
  const language = useLanguage();
  const who = message.role === "assistant" && message.model ? modelTitle(message.model, t) : t(`search.role.${message.role}`);
  return (
    <li className="[contain-intrinsic-size:auto_6rem] [content-visibility:auto]">
      <Link
        to="/c/$conversationId"
        params={{ conversationId: conversation.id }}
        search={{ branch: message.branch, message: message.id }}
        preload={false}
        className="-mx-3 flex flex-col gap-1 rounded-xl px-3 py-3 outline-offset-0 hover:bg-hover"
      >
        <span className="flex items-baseline justify-between gap-4">
          <span className="truncate font-medium">{conversation.title || t("app.untitled")}</span>
          <time dateTime={message.created_at} className="shrink-0 text-xs text-muted">
            {dateTime(message.created_at, language)}
          </time>
        </span>
        <span className="line-clamp-3 text-sm leading-relaxed wrap-break-word">
          <Highlighted {...plainExcerpt(snippet, marks)} />
        </span>
        <span className="flex items-center gap-2 text-xs text-muted">
          <span className="truncate">{who}</span>
          {conversation.archived && (
            <span className="flex shrink-0 items-center gap-1">
              <ArchiveIcon aria-hidden className="size-3" /> {t("search.archived.mark")}
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

function NoQuery({ why }: { why: "empty" | "short" | "wordless" }) {
  const t = useT();
  const hints = { empty: "search.hint", short: "search.short.hint", wordless: "search.wordless.hint" } as const;
  return (
    <Empty icon={<SearchIcon aria-hidden />} title={t(`search.${why}`)}>
      <p>{t(hints[why])}</p>
    </Empty>
  );
}

const isRefused = (error: Error) => error instanceof Refused && error.status < 500;

function None({ filter }: { filter: SearchFilter }) {
  const t = useT();
  const filtered = filterCount(filter) > 0;
  return (
    <Empty icon={<SearchXIcon aria-hidden />} title={t("search.none")}>
      <p>{t(filtered ? "search.none.filtered" : "search.none.hint")}</p>
    </Empty>
  );
}

function ResultsSkeleton() {
  return (
    <div className="flex flex-col gap-5 pt-8">
      <Spinner className="sr-only" />
      {["a", "b", "c", "d"].map((name) => (
        <div key={name} className="flex flex-col gap-2">
          <Skeleton className="h-4 w-1/3" />
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-3 w-16" />
        </div>
      ))}
    </div>
  );
}
