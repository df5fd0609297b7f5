import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowLeftIcon } from "lucide-react";
import { useState } from "react";

import type { Artifact, Revision } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/state";
import { modelTitle } from "@/data/models";
import { revisionsQuery, useRestoreRevision } from "@/data/revisions";
import { useMayWrite } from "@/data/shares";
import { useT } from "@/features/artifacts/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";
import { dateTime } from "@/lib/time";

import { DiffView } from "./diff-view";

interface Compared {
  readonly from: number;
  readonly to: number;
}

/** The versions of an artifact, newest first, and the differences between two of them. */
export function HistoryView({ artifact, onShow }: { artifact: Artifact; onShow: (number: number) => void }) {
  const t = useT();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(revisionsQuery(artifact.id));
  const [compared, compare] = useState<Compared>();
  const revisions = data?.pages.flatMap(({ items }) => items);
  if (error) return <p role="alert" className="p-4 text-sm text-danger">{explain(error)}</p>;
  if (!revisions) return <Skeleton className="m-4 h-24" />;
  if (compared) return <Comparison artifact={artifact} revisions={revisions} compared={compared} onCompare={compare} onClose={() => compare(undefined)} />;
  return (
    <div className="min-h-0 flex-1 overflow-auto px-4 pb-4">
      <ol aria-label={t("artifacts.history")} className="flex flex-col">
        {revisions.map((revision, i) => (
          <Entry
            key={revision.number}
            artifact={artifact}
            revision={revision}
            onShow={() => onShow(revision.number)}
            onCompare={() => compare({ from: revisions[i + 1]?.number ?? revision.number - 1, to: revision.number })}
          />
        ))}
      </ol>
      {hasNextPage && (
        <Button variant="outline" className="mt-2" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("artifacts.more")}
        </Button>
      )}
    </div>
  );
}

function Entry({ artifact, revision, onShow, onCompare }: { artifact: Artifact; revision: Revision; onShow: () => void; onCompare: () => void }) {
  const t = useT();
  const language = useLanguage();
  const { number, title, note, closed, restored_from: again } = revision;
  const restore = useRestoreRevision();
  const mayWrite = useMayWrite(artifact);
  const facts = [useAuthor(revision, artifact), ...(again ? [t("artifacts.restoredFrom", { number: again })] : []), ...(closed ? [] : [t("artifacts.partial")])];
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b py-2.5 last:border-b-0">
      <div className="min-w-40 flex-1 text-sm">
        <button type="button" className="rounded font-medium hover:underline touch:min-h-11" aria-label={t("artifacts.show", { number })} onClick={onShow}>
          {t("artifacts.revision", { number })}
        </button>
        {title !== artifact.title && <span dir="auto" className="ms-2 wrap-anywhere text-muted">{title}</span>}
        <p className="text-xs text-muted wrap-anywhere">
          <time dateTime={revision.created_at}>{dateTime(revision.created_at, language)}</time> · {facts.join(" · ")}
        </p>
        {note && <p dir="auto" className="text-xs wrap-anywhere">{note}</p>}
      </div>
      {number > 1 && (
        <Button size="small" variant="outline" aria-label={`${t("artifacts.compare")}: ${t("artifacts.revision", { number })}`} onClick={onCompare}>
          {t("artifacts.compareWith")}
        </Button>
      )}
      {mayWrite && number < artifact.revision && (
        <Button
          size="small"
          variant="outline"
          aria-label={t("artifacts.restore", { number })}
          disabled={restore.isPending}
          onClick={() => restore.mutate({ artifact, number })}
        >
          {t("artifacts.restore.short")}
        </Button>
      )}
    </li>
  );
}

function useAuthor({ author, model }: Revision, { owner_id: owner }: Artifact): string {
  const t = useT();
  if (model) return modelTitle(model, t);
  return author === owner || author === null ? t("artifacts.author.you") : author;
}

function Comparison({ artifact, revisions, compared: { from, to }, onCompare, onClose }: {
  artifact: Artifact;
  revisions: readonly Revision[];
  compared: Compared;
  onCompare: (compared: Compared) => void;
  onClose: () => void;
}) {
  const t = useT();
  const numbers = [...new Set([from, to, ...revisions.map(({ number }) => number)])].toSorted((a, b) => b - a);
  const choice = (label: string, value: number, choose: (number: number) => void) => (
    <Select aria-label={label} value={value} onChange={(event) => choose(Number(event.target.value))}>
      {numbers.map((number) => (
        <option key={number} value={number}>
          {t("artifacts.revision", { number })}
        </option>
      ))}
    </Select>
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-3 pb-1 text-sm">
        <IconButton label={t("artifacts.history")} onClick={onClose}>
          <ArrowLeftIcon className="rtl:-scale-x-100" />
        </IconButton>
        {choice(t("artifacts.compare.from"), from, (number) => onCompare({ from: number, to }))}
        <span>{t("artifacts.compare.to")}</span>
        {choice(t("artifacts.compare.to"), to, (number) => onCompare({ from, to: number }))}
      </div>
      <DiffView artifactId={artifact.id} from={from} to={to} />
    </div>
  );
}
