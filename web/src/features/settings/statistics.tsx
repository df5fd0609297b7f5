import { useQuery } from "@tanstack/react-query";
import { ChartColumnIcon } from "lucide-react";
import { useState } from "react";

import type { Stats } from "@/api/client";
import { Empty, Skeleton } from "@/components/ui/state";
import { statsQuery } from "@/data/statistics";
import { type Bar, BarChart } from "./bar-chart";
import { Choice } from "./choice";
import { days, duration } from "./figures";
import { ArtifactStatistics } from "./artifact-statistics";
import { Section } from "./section";
import { useT } from "@/features/settings/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";

const RANGES = ["30", "90", "365"] as const;

/** Statistics about messages, models and topics. */
export function Statistics() {
  const t = useT();
  const [range, setRange] = useState<(typeof RANGES)[number]>("30");
  const shownDays = days(Number(range));
  const { data, error } = useQuery(statsQuery({ since: shownDays[0] ?? "" }));
  if (error) return <p role="alert">{explain(error)}</p>;
  return (
    <>
      <div className="mb-4 flex justify-end">
        <Choice
          label={t("stats.range")}
          value={range}
          options={RANGES.map((value) => ({ value, label: t("stats.days", { count: Number(value) }) }))}
          onChange={setRange}
        />
      </div>
      {!data && <Skeleton className="h-64" />}
      {data?.messages === 0 && <Empty icon={<ChartColumnIcon aria-hidden />} title={t("stats.empty")} />}
      {data && data.messages > 0 && <Figures stats={data} shownDays={shownDays} />}
      <ArtifactStatistics since={shownDays[0] ?? ""} />
    </>
  );
}

function Figures({ stats, shownDays }: { stats: Stats; shownDays: readonly string[] }) {
  const t = useT();
  const language = useLanguage();
  const figures = [
    [t("stats.conversations"), stats.conversations.toLocaleString(language)],
    [t("stats.messages"), stats.messages.toLocaleString(language)],
    [t("stats.words"), stats.words.toLocaleString(language)],
    [t("stats.tokens"), tokens(stats)?.toLocaleString(language) ?? t("stats.unknown")],
    [t("stats.averageWords"), stats.average_words.toLocaleString(language)],
    [t("stats.activeTime"), duration(stats.engaged_seconds, language)],
  ] as const;
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        {figures.map(([label, value]) => (
          <div key={label} className="rounded-xl border bg-raised p-3">
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="mt-0.5 text-xl font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <Section title={t("stats.activity")}>
        <BarChart title={t("stats.byDay")} bars={daily(stats, shownDays, language)} every={Math.ceil(shownDays.length / 6)} />
        <BarChart title={t("stats.byHour")} bars={hourly(stats, language)} every={4} />
      </Section>
      <Section title={t("stats.byModel")}>
        <ModelTable stats={stats} />
      </Section>
      {stats.topics.length > 0 && (
        <Section title={t("stats.topics")} hint={t("stats.topics.hint")}>
          <ul className="flex flex-wrap gap-2">
            {stats.topics.map((topic) => (
              <li key={topic.term} className="rounded-full border bg-raised px-3 py-1 text-sm">
                {topic.term} <span className="text-xs text-muted">{topic.messages.toLocaleString(language)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function daily(stats: Stats, shownDays: readonly string[], language: string): Bar[] {
  const messages = new Map(stats.by_day.map((day) => [day.day, day.messages]));
  return shownDays.map((day) => {
    const date = new Date(`${day}T12:00`);
    const value = messages.get(day) ?? 0;
    return {
      label: date.toLocaleDateString(language, { day: "numeric", month: "short" }),
      name: date.toLocaleDateString(language, { dateStyle: "full" }),
      value,
      text: value.toLocaleString(language),
    };
  });
}

function hourly(stats: Stats, language: string): Bar[] {
  return stats.by_hour.map(({ hour, messages }) => {
    const time = new Date(2000, 0, 1, hour).toLocaleTimeString(language, { hour: "numeric" });
    return { label: time, name: time, value: messages, text: messages.toLocaleString(language) };
  });
}

/** The total number of tokens, or undefined if it is unknown. */
function tokens({ tokens_in: input, tokens_out: output }: Stats): number | undefined {
  return input === null && output === null ? undefined : (input ?? 0) + (output ?? 0);
}

const FIGURES = [
  ["stats.responses", "messages"],
  ["stats.tokensIn", "tokens_in"],
  ["stats.tokensOut", "tokens_out"],
] as const;

function ModelTable({ stats }: { stats: Stats }) {
  const t = useT();
  const language = useLanguage();
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-start text-xs text-muted">
            <th className="py-1 text-start font-medium">{t("stats.model")}</th>
            {FIGURES.map(([label]) => (
              <th key={label} className="py-1 text-end font-medium">
                {t(label)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stats.by_model.map((use) => (
            <tr key={use.model} className="border-t">
              <th className="py-1.5 text-start font-normal">{use.model}</th>
              {FIGURES.map(([label, figure]) => (
                <td key={label} className="py-1.5 text-end tabular-nums">
                  {use[figure]?.toLocaleString(language) ?? t("stats.unknown")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
