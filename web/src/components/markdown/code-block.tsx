import { CopyIcon, DownloadIcon, WrapTextIcon } from "lucide-react";
import { type ReactNode, Suspense, lazy, useId, useRef, useState } from "react";
import { useIsCodeFenceIncomplete } from "streamdown";

import { PlainButton } from "@/components/ui/plain-button";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { download } from "@/lib/download";
import { scrollable } from "@/lib/scrollable";

import { CopyButton } from "./copy-button";
import { fileName } from "./file-name";
import { useColours } from "./use-colours";

const PlainChildren = ({ children }: { code: string; label: string; children: ReactNode }) => children;
const Diagram = lazy(() => import("./diagram").catch(() => ({ default: PlainChildren })));

/** A code block, or the diagram that it describes. */
export function CodeBlock({ code, language }: { code: string; language: string }) {
  const t = useT();
  const incomplete = useIsCodeFenceIncomplete();
  const source = <Source code={code} language={language} incomplete={incomplete} />;
  if (language !== "mermaid" || incomplete) return source;
  return (
    <Suspense fallback={source}>
      <Diagram code={code} label={t("thread.diagram")}>
        {source}
      </Diagram>
    </Suspense>
  );
}

function Source({ code, language, incomplete }: { code: string; language: string; incomplete: boolean }) {
  const t = useT();
  const id = useId();
  const [wrap, setWrap] = useState(false);
  const block = useRef<HTMLElement>(null);
  const coloured = useColours(block, code, language, incomplete);
  const name = language || t("thread.code");
  return (
    <figure ref={block} className="block overflow-hidden rounded-xl border bg-surface" dir="ltr">
      <figcaption className="flex items-center gap-0.5 py-1 ps-4 pe-1.5 text-xs text-muted">
        <span id={id} className="flex-1 truncate font-mono">
          {name}
        </span>
        <PlainButton label={t("thread.wrap")} aria-pressed={wrap} className="aria-pressed:bg-hover" onClick={() => setWrap(!wrap)}>
          <WrapTextIcon aria-hidden />
        </PlainButton>
        <PlainButton label={t("thread.download")} onClick={() => download(new Blob([code], { type: "text/plain" }), fileName(language))}>
          <DownloadIcon aria-hidden />
        </PlainButton>
        <CopyButton label={t("thread.copyCode")} text={() => code} icon={<CopyIcon aria-hidden />} />
      </figcaption>
      <pre
        role="group"
        ref={scrollable}
        aria-labelledby={id}
        className={cn(
          "overflow-x-auto px-4 pt-1 pb-3.5 font-mono text-[0.8125rem] leading-6 -outline-offset-2",
          wrap && "wrap-anywhere whitespace-pre-wrap",
        )}
      >
        <code>{coloured}</code>
      </pre>
    </figure>
  );
}
