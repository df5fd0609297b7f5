import { MoveDownIcon, MoveUpIcon } from "lucide-react";
import { useState } from "react";

import type { Provider, ProviderTest } from "@/api/client";
import { announce } from "@/components/announcer";
import { Button, IconButton } from "@/components/ui/button";
import { moveProvider, useRefreshProvider, useTestProvider } from "@/data/provider-changes";
import { type Translate, useT } from "@/features/library/texts";
import { useLanguage } from "@/i18n";
import { cn } from "@/lib/cn";
import { explain } from "@/lib/notice";
import { dateTime } from "@/lib/time";

interface Result {
  readonly text: string;
  readonly failed: boolean;
}

/** What is known about a provider's models, and buttons that test, refresh and move it. */
export function ProviderActions({ record, records }: { record: Provider; records: readonly Provider[] }) {
  const t = useT();
  const language = useLanguage();
  const [result, setResult] = useState<Result>();
  const test = useTestProvider();
  const refresh = useRefreshProvider();
  const tell = (text: string, failed: boolean) => {
    setResult({ text, failed });
    announce(text);
  };
  const fail = (error: unknown) => tell(explain(error), true);
  const tested = (answer: ProviderTest) => tell(testText(answer, t), answer.code !== null);
  const refreshed = (now: Provider) => tell(t("library.provider.refreshed", { count: now.models.length }), false);
  const { id, name } = record;
  const busy = test.isPending || refresh.isPending;
  return (
    <div role="group" aria-label={t("library.provider.actions", { name })} className="flex flex-wrap items-center gap-x-1 gap-y-0.5 pe-2 pb-2 ps-11">
      <div className="min-w-48 flex-1 text-xs">
        <p className="text-muted">{modelsText(record, t, language)}</p>
        {result && <p className={cn("mt-0.5 wrap-break-word", result.failed ? "text-danger" : "text-muted")}>{result.text}</p>}
      </div>
      <div className="ms-auto flex items-center gap-1">
        <Button size="small" disabled={busy} onClick={() => test.mutate(id, { onSuccess: tested, onError: fail })}>
          {t("library.provider.test")}
        </Button>
        <Button size="small" disabled={busy} onClick={() => refresh.mutate(id, { onSuccess: refreshed, onError: fail })}>
          {t("library.provider.refresh")}
        </Button>
        <MoveButtons record={record} records={records} />
      </div>
    </div>
  );
}

function modelsText({ models, chosen_models: chosen, fetched_at: fetched }: Provider, t: Translate, language: string): string {
  if (fetched === null) return t("library.provider.neverFetched");
  const count = models.length;
  const number = chosen.length > 0 ? t("library.provider.someModels", { chosen: chosen.length, count }) : t("library.provider.models", { count });
  return t("library.provider.fetched", { models: number, time: dateTime(fetched, language) });
}

function testText({ code, message, models, seconds }: ProviderTest, t: Translate): string {
  if (code !== null) return message ?? code;
  return t("library.provider.answered", { seconds: Number(seconds.toPrecision(2)), count: models });
}

/** They stay focused when a provider arrives at the end of the list, so that they can be pressed again. */
function MoveButtons({ record, records }: { record: Provider; records: readonly Provider[] }) {
  const t = useT();
  const at = records.indexOf(record);
  const { name } = record;
  const move = (step: number) => {
    const to = at + step;
    if (to < 0 || to >= records.length) return;
    announce(t("library.provider.moved", { name, position: to + 1, count: records.length }));
    void moveProvider(records, record, step);
  };
  return (
    <>
      <IconButton label={t("library.provider.up", { name })} aria-disabled={at === 0} className="text-muted aria-disabled:opacity-40" onClick={() => move(-1)}>
        <MoveUpIcon />
      </IconButton>
      <IconButton
        label={t("library.provider.down", { name })}
        aria-disabled={at === records.length - 1}
        className="text-muted aria-disabled:opacity-40"
        onClick={() => move(1)}
      >
        <MoveDownIcon />
      </IconButton>
    </>
  );
}
