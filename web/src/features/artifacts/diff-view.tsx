import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/state";
import { diffQuery } from "@/data/revisions";
import { useT } from "@/features/artifacts/texts";
import { explain } from "@/lib/notice";
import { scrollable } from "@/lib/scrollable";

import { type DiffLine, diffLines } from "./diff-lines";

const STEP = 1000;

/** The differences between two revisions, line by line. */
export function DiffView({ artifactId, from, to }: { artifactId: string; from: number; to: number }) {
  const t = useT();
  const { data, error } = useQuery(diffQuery(artifactId, from, to));
  const lines = useMemo(() => diffLines(data?.text ?? ""), [data]);
  const [most, setMost] = useState(STEP);
  if (error) return <p role="alert" className="p-4 text-sm text-danger">{explain(error)}</p>;
  if (!data) return <Skeleton className="m-4 h-24" />;
  if (lines.length === 0) return <p className="p-4 text-sm text-muted">{t("artifacts.diff.same")}</p>;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <p className="px-4 py-1.5 text-xs text-muted">{t("artifacts.diff.counts", { added: data.added, removed: data.removed })}</p>
      <div
        role="group"
        ref={scrollable}
        aria-label={t("artifacts.diff", { from, to })}
        dir="ltr"
        className="min-h-0 flex-1 overflow-auto pb-3 font-mono text-[0.8125rem] leading-6 -outline-offset-2"
      >
        <ol>
          {lines.slice(0, most).map((line) => (
            <Line key={`${line.kind} ${line.old} ${line.new}`} line={line} />
          ))}
        </ol>
        {lines.length > most && (
          <Button size="small" variant="outline" className="m-3" onClick={() => setMost(most + STEP)}>
            {t("artifacts.more")}
          </Button>
        )}
      </div>
    </div>
  );
}

const LINE_STYLES = { same: "", added: "bg-accent-soft", removed: "bg-danger-soft", gap: "" } as const;
const SIGNS = { same: " ", added: "+", removed: "−", gap: "" } as const;

function Line({ line: { kind, old, new: now, text } }: { line: DiffLine }) {
  const t = useT();
  if (kind === "gap") return <li aria-hidden className="px-4 text-muted select-none">⋯</li>;
  return (
    <li className={`flex ${LINE_STYLES[kind]}`}>
      <span aria-hidden className="w-10 shrink-0 pe-2 text-end text-muted tabular-nums select-none">
        {now ?? old}
      </span>
      <span aria-hidden className="w-4 shrink-0 select-none">
        {SIGNS[kind]}
      </span>
      {kind !== "same" && <span className="sr-only">{t(`artifacts.diff.${kind}`)}</span>}
      <span className="min-w-0 flex-1 pe-3 wrap-anywhere whitespace-pre-wrap">{text === "" ? "\u00a0" : text}</span>
    </li>
  );
}
