import { useEffect, useRef, useState } from "react";

import { useColours } from "@/components/markdown/use-colours";
import { Button } from "@/components/ui/button";
import { useT } from "@/features/artifacts/texts";
import { scrollable } from "@/lib/scrollable";

/** Characters added to the page at once. */
const MOST = 200_000;
/** A reader within this distance of the end follows it, in pixels. */
const NEAR = 240;

/** The source of an artifact. */
export function CodeView({ text, language, label, live = false }: { text: string; language: string; label: string; live?: boolean }) {
  const t = useT();
  const [most, setMost] = useState(MOST);
  const shown = text.length > most ? text.slice(0, text.lastIndexOf("\n", most) + 1 || most) : text;
  const block = useRef<HTMLDivElement>(null);
  const lines = useRef<HTMLPreElement>(null);
  useEffect(() => scrollable(lines.current), []);
  useEffect(() => {
    if (live && text !== "" && lines.current) follow(lines.current);
  }, [live, text]);
  const coloured = useColours(block, shown, language.toLowerCase(), live);
  return (
    <div ref={block} className="flex min-h-0 flex-1 flex-col">
      <pre
        role="group"
        ref={lines}
        aria-label={label}
        dir="ltr"
        className="min-h-0 flex-1 overflow-auto p-4 font-mono text-[0.8125rem] leading-6 wrap-anywhere whitespace-pre-wrap -outline-offset-2"
      >
        <code>{coloured}</code>
      </pre>
      {shown !== text && (
        <p className="flex items-center gap-3 border-t px-4 py-2 text-sm text-muted">
          {t("artifacts.truncated")}
          <Button size="small" variant="outline" onClick={() => setMost(most + MOST)}>
            {t("artifacts.more")}
          </Button>
        </p>
      )}
    </div>
  );
}

/** Follow the end while it is being written, unless the reader has scrolled up. */
function follow(lines: HTMLElement): void {
  if (lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR) lines.scrollTop = lines.scrollHeight;
}
