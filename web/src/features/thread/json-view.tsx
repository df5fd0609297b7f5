import { CopyIcon } from "lucide-react";

import { CopyButton } from "@/components/markdown/copy-button";
import { useT } from "@/i18n";
import { scrollable } from "@/lib/scrollable";

/** Any value as formatted JSON. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const t = useT();
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  return (
    <div dir="ltr" className="relative rounded-xl border bg-surface text-foreground">
      <pre
        ref={scrollable}
        role="group"
        aria-label={label}
        className="max-h-96 overflow-auto p-3 pe-11 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap -outline-offset-2"
      >
        {text}
      </pre>
      <div className="absolute end-1 top-1">
        <CopyButton label={t("app.copy")} text={() => text} icon={<CopyIcon aria-hidden />} />
      </div>
    </div>
  );
}
