import { useQueries } from "@tanstack/react-query";
import { CheckIcon } from "lucide-react";

import type { Message, Part, Run } from "@/api/client";
import { Button } from "@/components/ui/button";
import { headQuery } from "@/data/messages";
import { modelTitle } from "@/data/models";
import { useLiveResponse } from "@/data/runs";
import { alternatives } from "@/data/tree";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { scrollable } from "@/lib/scrollable";

import { Actions } from "./actions";
import { FinishNotice } from "./finish-notice";
import { Parts } from "./parts";
import type { Row } from "./rows";
import { useThreadContext } from "./thread-context";
import { GeneratingIndicator } from "./generating-indicator";

interface Column {
  readonly branch: string;
  readonly message?: Message | undefined;
  readonly run?: Run | undefined;
}

/** The responses of several models side by side, until the user selects one. */
export function ParallelResponses({ row }: { row: Row }) {
  const t = useT();
  const { shownBranch } = useThreadContext();
  const columns = useColumns(row);
  return (
    <div ref={scrollable} data-beside role="group" aria-label={t("thread.responses")} className="mx-[calc(50%-50cqw)] snap-x overflow-x-auto px-1 pt-1 pb-2">
      <ul className="mx-auto grid w-fit auto-cols-[minmax(min(18.5rem,80vw),28rem)] grid-flow-col items-start gap-3 px-4">
        {columns.map((column) => (
          <ResponseColumn key={column.branch} column={column} selected={column.branch === shownBranch} />
        ))}
      </ul>
    </div>
  );
}

/** Stored responses are read from the heads of the alternative branches; running ones are in memory. */
function useColumns(row: Row): readonly Column[] {
  const { conversationId, branches, runningBranches } = useThreadContext();
  const runs = [...(row.run ? [row.run] : []), ...(row.beside ?? [])];
  const own = row.place ? alternatives(branches, row.place, runningBranches) : [];
  const ended = own.filter((branch) => branch.head_seq === row.place?.seq);
  const heads = useQueries({ queries: ended.map((branch) => headQuery(conversationId, branch)) });
  const columns = own.flatMap((branch): Column[] => {
    const run = runs.find((other) => other.branch === branch.id);
    const head = heads[ended.indexOf(branch)]?.data;
    const message = row.message?.branch === branch.id ? row.message : head?.group_id === row.group ? head : undefined;
    return message || run ? [{ branch: branch.id, message: message ?? undefined, run }] : [];
  });
  if (columns.length > 0) return columns;
  return [{ branch: row.place?.branch ?? "", message: row.message, run: row.run }];
}

const NOTHING: readonly Part[] = [];

function ResponseColumn({ column: { branch, message, run }, selected }: { column: Column; selected: boolean }) {
  const t = useT();
  const { actions, artifacts } = useThreadContext();
  const answer = useLiveResponse(message ? undefined : run?.id);
  const parts = message?.parts ?? answer?.parts ?? NOTHING;
  const name = message?.model ?? run?.model;
  const answered = { messageId: message?.id ?? run?.message_id ?? "", parts, stored: message !== undefined };
  return (
    <li className={cn("flex min-w-0 snap-center flex-col rounded-2xl border bg-raised p-4", selected && "border-accent ring-1 ring-accent")}>
      <h3 className="truncate pb-2 text-sm font-medium text-muted">{name ? modelTitle(name, t) : ""}</h3>
      <div className="min-w-0 flex-1">
        <Parts parts={parts} live={!message} answered={answered} onRetry={message ? () => actions.regenerate(message) : undefined} />
        {artifacts.below(answered)}
        {!message && <GeneratingIndicator small={parts.length > 0} />}
        {message && <FinishNotice message={message} last />}
      </div>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-x-2">
        {selected ? (
          <p className="flex h-8 items-center gap-1.5 text-sm text-muted touch:h-11">
            <CheckIcon aria-hidden className="size-4 text-accent" /> {t("thread.selected")}
          </p>
        ) : (
          <Button size="small" variant="outline" onClick={() => actions.selectResponse(branch)}>
            {t("thread.select")}
          </Button>
        )}
        {message && <Actions message={message} last versions={false} />}
      </div>
    </li>
  );
}
