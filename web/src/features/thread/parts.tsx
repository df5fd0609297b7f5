import { BracesIcon, BrainIcon, WrenchIcon } from "lucide-react";

import type { Part } from "@/api/client";
import { Markdown } from "@/components/markdown/markdown";
import { Attachment } from "./attachment";
import { ErrorBox } from "./error-box";
import { Fold } from "./fold";
import { JsonView } from "./json-view";
import { LongText } from "./long-text";
import { useThreadContext } from "./thread-context";
import { useT } from "@/i18n";

/** More Markdown than this is not made at once, in characters. */
const MOST_MARKDOWN = 60_000;

/** What an answer is made of. Of one that is being made, the last part is not finished. */
export function Parts({ parts, live, onRetry }: { parts: readonly Part[]; live: boolean; onRetry?: (() => void) | undefined }) {
  return numbered(parts).map(({ key, part }) => (
    <OnePart key={key} part={part} live={live && part === parts.at(-1)} onRetry={onRetry} />
  ));
}

/** Parts are only ever added at the end, so their numbers tell them apart. */
function numbered(parts: readonly Part[]) {
  return parts.map((part, i) => ({ part, key: `${i} ${part.type}` }));
}

function OnePart({ part, live, onRetry }: { part: Part; live: boolean; onRetry: (() => void) | undefined }) {
  const t = useT();
  const { tools } = useThreadContext();
  switch (part.type) {
    case "text":
      if (live) return <Markdown text={part.text} live />;
      return <LongText text={part.text} most={MOST_MARKDOWN}>{(text) => <Markdown text={text} live={false} />}</LongText>;
    case "reasoning":
      return (
        <Fold icon={<BrainIcon aria-hidden />} label={<span className={live ? "animate-pulse" : ""}>{t(live ? "thread.thinking" : "thread.thought")}</span>}>
          {() => <p dir="auto" className="leading-6 wrap-break-word whitespace-pre-wrap">{part.text}</p>}
        </Fold>
      );
    case "tool_call":
      return (
        <Fold icon={<WrenchIcon aria-hidden />} label={t("thread.toolCall", { name: part.name })}>
          {() => <JsonView value={part.arguments} label={t("thread.arguments")} />}
        </Fold>
      );
    case "tool_result":
      return (
        <Fold
          icon={<WrenchIcon aria-hidden />}
          label={t(part.is_error ? "thread.toolFailed" : "thread.toolResult", { name: tools.get(part.call_id) ?? t("thread.tool") })}
          className={part.is_error ? "text-danger" : ""}
        >
          {() => <JsonView value={part.output} label={t("thread.result")} />}
        </Fold>
      );
    case "data":
      return (
        <Fold icon={<BracesIcon aria-hidden />} label={part.name || t("thread.data")}>
          {() => <JsonView value={part.data} label={part.name || t("thread.data")} />}
        </Fold>
      );
    case "error":
      return <ErrorBox code={part.code} message={part.message} onRetry={onRetry} />;
    default:
      return <Attachment part={part} />;
  }
}
