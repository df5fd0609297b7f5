import { BracesIcon, BrainIcon, WrenchIcon } from "lucide-react";
import { Fragment, useMemo } from "react";

import type { Part } from "@/api/client";
import { Markdown } from "@/components/markdown/markdown";
import { Attachment } from "./attachment";
import { ErrorBox } from "./error-box";
import { Collapsible } from "./collapsible";
import { JsonView } from "./json-view";
import { LongText } from "./long-text";
import { type ResponseParts, useThreadContext } from "./thread-context";
import { useT } from "@/i18n";
import { splitArtifacts } from "@/lib/artifact-stream";

/** Longer Markdown is truncated at first, in characters. */
const MOST_MARKDOWN = 60_000;

interface PartsProps {
  parts: readonly Part[];
  /** Whether the last part is still growing. */
  live: boolean;
  /** The response that the parts belong to; its artifacts are shown inline. */
  answered?: ResponseParts;
  onRetry?: (() => void) | undefined;
}

/** The parts of a message. */
export function Parts({ parts, live, answered, onRetry }: PartsProps) {
  return numbered(parts).map(({ key, part, number }) => (
    <OnePart key={key} part={part} number={number} live={live && part === parts.at(-1)} answered={answered} onRetry={onRetry} />
  ));
}

/** Parts are only ever appended, so their index is a stable key. */
function numbered(parts: readonly Part[]) {
  return parts.map((part, number) => ({ part, number, key: `${number} ${part.type}` }));
}

interface PartProps extends Omit<PartsProps, "parts"> {
  part: Part;
  number: number;
}

function OnePart({ part, number, live, answered, onRetry }: PartProps) {
  const t = useT();
  const { tools } = useThreadContext();
  switch (part.type) {
    case "text":
      return <TextPart text={part.text} number={number} live={live} answered={answered} />;
    case "reasoning":
      return (
        <Collapsible icon={<BrainIcon aria-hidden />} label={<span className={live ? "animate-pulse" : ""}>{t(live ? "thread.thinking" : "thread.reasoning")}</span>}>
          {() => <p dir="auto" className="leading-6 wrap-break-word whitespace-pre-wrap">{part.text}</p>}
        </Collapsible>
      );
    case "tool_call":
      return (
        <Collapsible icon={<WrenchIcon aria-hidden />} label={t("thread.toolCall", { name: part.name })}>
          {() => <JsonView value={part.arguments} label={t("thread.toolInput")} />}
        </Collapsible>
      );
    case "tool_result":
      return (
        <Collapsible
          icon={<WrenchIcon aria-hidden />}
          label={t(part.is_error ? "thread.toolFailed" : "thread.toolResult", { name: tools.get(part.call_id) ?? t("thread.tool") })}
          className={part.is_error ? "text-danger" : ""}
        >
          {() => <JsonView value={part.output} label={t("thread.toolOutput")} />}
        </Collapsible>
      );
    case "data":
      return (
        <Collapsible icon={<BracesIcon aria-hidden />} label={part.name || t("thread.data")}>
          {() => <JsonView value={part.data} label={part.name || t("thread.data")} />}
        </Collapsible>
      );
    case "error":
      return <ErrorBox error={part} onRetry={onRetry} />;
    default:
      return <Attachment part={part} />;
  }
}

/** Markdown, with its artifacts inline. */
function TextPart({ text, number, live, answered }: { text: string; number: number; live: boolean; answered: ResponseParts | undefined }) {
  const { artifacts } = useThreadContext();
  const own = answered !== undefined;
  const spans = useMemo(() => (own ? splitArtifacts(text, live) : [{ at: 0, text }]), [own, text, live]);
  return spans.map((one) => {
    if ("text" in one) return <MarkdownText key={one.at} text={one.text} live={live && one === spans.at(-1)} />;
    return answered && <Fragment key={one.at}>{artifacts.inline(answered, number, one.at)}</Fragment>;
  });
}

function MarkdownText({ text, live }: { text: string; live: boolean }) {
  if (live) return <Markdown text={text} live />;
  return <LongText text={text} most={MOST_MARKDOWN}>{(text) => <Markdown text={text} live={false} />}</LongText>;
}
