import { type ReactNode, useMemo } from "react";

import type { ArtifactType } from "@/api/client";
import { Markdown } from "@/components/markdown/markdown";
import { useT } from "@/features/artifacts/texts";
import { scrollable } from "@/lib/scrollable";

import { CodeView } from "./code-view";
import { CsvView } from "./csv-view";
import { JsonTree } from "./json-view";

interface RenderedProps {
  type: ArtifactType;
  text: string;
  title: string;
}

/** The types that the page renders itself, as text. */
export const SAFE: ReadonlySet<ArtifactType> = new Set(["markdown", "csv", "json"]);

/** Markdown, CSV or JSON: these run no code and need no sandbox. */
export function Rendered({ type, text, title }: RenderedProps) {
  if (type === "csv") return <CsvView text={text} title={title} />;
  if (type === "json") return <Json text={text} title={title} />;
  return (
    <div role="group" ref={scrollable} aria-label={title} className="min-h-0 flex-1 overflow-auto px-5 py-4 -outline-offset-2">
      <Markdown text={text} live={false} />
    </div>
  );
}

function Json({ text, title }: { text: string; title: string }): ReactNode {
  const t = useT();
  const read = useMemo(() => parse(text), [text]);
  if (read) return <JsonTree value={read.value} title={title} />;
  return (
    <>
      <p className="border-b px-4 py-2 text-sm text-muted">{t("artifacts.invalid", { type: "JSON" })}</p>
      <CodeView text={text} language="json" label={title} />
    </>
  );
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
