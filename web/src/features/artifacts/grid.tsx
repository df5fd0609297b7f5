import { LibraryIcon, SearchXIcon, ShapesIcon, Share2Icon, Trash2Icon } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";

import type { Artifact } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Empty, Failed, Skeleton, Spinner } from "@/components/ui/state";
import { useT } from "@/features/artifacts/texts";
import { type ArtifactSearch, isNarrowed } from "@/lib/artifact-search";

import { GridCard } from "./grid-card";
import { TrashedArtifact } from "./trashed";
import type { Listed } from "./use-listed";

interface More {
  readonly error: Error | null;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): Promise<unknown>;
  refetch(): Promise<unknown>;
}

interface GridProps {
  search: ArtifactSearch;
  items: readonly Listed[] | undefined;
  query: More;
  chosen: ReadonlySet<string>;
  onToggle: (artifact: Artifact) => void;
}

/** The artifacts; more load near the end. */
export function Grid({ search, items, query, chosen, onToggle }: GridProps) {
  const t = useT();
  if (query.error && !items) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!items) return <GridSkeleton />;
  if (items.length === 0 && !query.hasNextPage) return <EmptyGrid search={search} />;
  return (
    <>
      {search.view === "trash" ? (
        <ul aria-label={t("artifacts.trash")} className="flex flex-col">
          {items.map(({ artifact }) => (
            <TrashedArtifact key={artifact.id} artifact={artifact} />
          ))}
        </ul>
      ) : (
        <ul aria-label={t("artifacts.list")} className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {items.map(({ artifact, hit }) => (
            <GridCard
              key={artifact.id}
              artifact={artifact}
              hit={hit}
              chosen={chosen.has(artifact.id)}
              onToggle={search.view === "shared" ? undefined : () => onToggle(artifact)}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage && <End query={query} />}
    </>
  );
}

/** Loads more when it is nearly visible or clicked. */
function End({ query }: { query: More }) {
  const t = useT();
  const end = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting === true), { rootMargin: "600px" });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  const loadMore = near && !query.isFetchingNextPage && !query.error;
  const more = useEffectEvent(() => void query.fetchNextPage());
  useEffect(() => {
    if (loadMore) more();
  }, [loadMore]);
  return (
    <div ref={end} className="flex justify-center">
      <Button variant="outline" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage && <Spinner />}
        {t("artifacts.more")}
      </Button>
    </div>
  );
}

function EmptyGrid({ search }: { search: ArtifactSearch }) {
  const t = useT();
  const emptyState = (icon: ReactNode, which: "artifacts.empty" | "artifacts.empty.filtered" | "artifacts.empty.shared" | "artifacts.empty.trash" | "artifacts.collection.empty") => (
    <Empty icon={icon} title={t(which)}>
      <p>{t(`${which}.hint`)}</p>
    </Empty>
  );
  if (isNarrowed(search)) return emptyState(<SearchXIcon aria-hidden />, "artifacts.empty.filtered");
  if (search.view === "shared") return emptyState(<Share2Icon aria-hidden />, "artifacts.empty.shared");
  if (search.view === "trash") return emptyState(<Trash2Icon aria-hidden />, "artifacts.empty.trash");
  if (search.collection) return emptyState(<LibraryIcon aria-hidden />, "artifacts.collection.empty");
  return emptyState(<ShapesIcon aria-hidden />, "artifacts.empty");
}

function GridSkeleton() {
  return (
    <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
      <Spinner className="sr-only" />
      {["a", "b", "c", "d", "e", "f"].map((name) => (
        <Skeleton key={name} className="h-28 rounded-xl" />
      ))}
    </div>
  );
}
