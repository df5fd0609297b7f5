import { UploadIcon } from "lucide-react";
import { useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { queryClient } from "@/data/client";
import { type Report, importFile } from "@/data/transfer";
import { useT } from "@/features/settings/texts";
import { type Key, type Translate } from "@/i18n";
import { explain } from "@/lib/notice";

type State = { step: "idle" } | { step: "running"; share: number } | { step: "done"; report: Report } | { step: "failed"; reason: string };

const OUTCOMES = ["added", "unchanged", "conflicting", "unknown"] as const;
/** The record types that are listed by name; the others are parts of them. */
const KINDS = ["conversation", "message", "project", "artifact", "collection", "blob"] as const;

/** Imports a file and shows the result. */
export function Import() {
  const t = useT();
  const id = useId();
  const [state, setState] = useState<State>({ step: "idle" });
  const read = async (file: File) => {
    setState({ step: "running", share: 0 });
    try {
      const report = await importFile(file, (share) => setState({ step: "running", share }));
      setState({ step: "done", report });
      await queryClient.invalidateQueries();
    } catch (error) {
      setState({ step: "failed", reason: explain(error) });
    }
  };
  return (
    <>
      <Button asChild variant="outline" className="self-start has-focus-visible:outline-2">
        <label htmlFor={id}>
          <UploadIcon aria-hidden />
          {t("data.import.action")}
          <input
            id={id}
            type="file"
            accept=".jsonl,application/jsonl"
            className="sr-only"
            disabled={state.step === "running"}
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              event.target.value = "";
              if (file) void read(file);
            }}
          />
        </label>
      </Button>
      <div role="status" className="text-sm">
        {state.step === "running" && t("data.import.running", { percent: Math.round(100 * state.share) })}
        {state.step === "failed" && <p className="text-danger">{state.reason}</p>}
        {state.step === "done" && <Outcome report={state.report} />}
      </div>
    </>
  );
}

function Outcome({ report }: { report: Report }) {
  const t = useT();
  const outcomes = OUTCOMES.map((outcome) => ({ outcome, counts: inWords(report[outcome], outcome, t) }));
  return (
    <div className="rounded-xl border bg-raised p-4">
      <p className="font-medium">{t("data.import.done")}</p>
      <dl className="mt-2 flex flex-col gap-1">
        {outcomes.map(
          ({ outcome, counts }) =>
            counts.length > 0 && (
              <div key={outcome}>
                <dt className="text-xs text-muted">{t(`data.import.${outcome}` satisfies Key)}</dt>
                <dd>{counts.join(", ")}</dd>
              </div>
            ),
        )}
      </dl>
      {report.problems.length > 0 && (
        <ul className="mt-2 max-h-40 list-disc overflow-y-auto ps-5 text-xs text-muted">
          {report.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The counts by type. Skipped records of all types are listed. */
function inWords(counts: Readonly<Record<string, number>>, outcome: (typeof OUTCOMES)[number], t: Translate): string[] {
  const summaries = KINDS.filter((kind) => counts[kind]).map((kind) => t(`data.import.count.${kind}` satisfies Key, { count: counts[kind] ?? 0 }));
  const kinds: readonly string[] = KINDS;
  const others = Object.entries(counts).reduce((sum, [kind, count]) => (kinds.includes(kind) ? sum : sum + count), 0);
  const tells = others > 0 && (outcome === "conflicting" || outcome === "unknown");
  return tells ? [...summaries, t("data.import.count.others", { count: others })] : summaries;
}
