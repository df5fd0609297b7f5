import { ChevronRightIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { useT } from "@/features/artifacts/texts";
import { scrollable } from "@/lib/scrollable";

/** Levels expanded at first, and items per value shown at once. */
const EXPANDED_LEVELS = 2;
const STEP = 100;
/** Longer texts are truncated, in characters. */
const LONGEST = 2000;

/** JSON as a tree; collapsed nodes are not rendered. */
export function JsonTree({ value, title }: { value: unknown; title: string }) {
  const t = useT();
  return (
    <div
      role="group"
      ref={scrollable}
      aria-label={t("artifacts.tree", { title })}
      dir="ltr"
      className="min-h-0 flex-1 overflow-auto p-4 font-mono text-[0.8125rem] leading-6 -outline-offset-2"
    >
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ name, value, depth }: { name?: string | undefined; value: unknown; depth: number }) {
  if (typeof value === "object" && value !== null) return <Branch name={name} value={value} depth={depth} />;
  return (
    <div className="wrap-anywhere ps-5">
      <Name name={name} />
      <Leaf value={value} />
    </div>
  );
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span className="text-muted">{name}: </span>;
}

function Leaf({ value }: { value: unknown }) {
  const text = JSON.stringify(value) ?? "";
  const colour = typeof value === "string" ? "var(--code-token-string)" : "var(--code-token-constant)";
  return <span style={{ color: colour }}>{text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}</span>;
}

function Branch({ name, value, depth }: { name: string | undefined; value: object; depth: number }) {
  const t = useT();
  const [open, setOpen] = useState(depth < EXPANDED_LEVELS);
  const [most, setMost] = useState(STEP);
  const list = Array.isArray(value);
  const entries = open ? Object.entries(value) : [];
  const count = list ? value.length : Object.keys(value).length;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="group/branch">
      <summary className="flex w-fit max-w-full cursor-pointer list-none items-baseline gap-1 rounded-md pe-2 hover:bg-hover touch:min-h-11 touch:items-center [&::-webkit-details-marker]:hidden">
        <ChevronRightIcon aria-hidden className={open ? "size-4 shrink-0 rotate-90 self-center" : "size-4 shrink-0 self-center"} />
        <span className="wrap-anywhere">
          <Name name={name} />
          {list ? "[ ]" : "{ }"} <span className="text-xs text-muted">{t("artifacts.tree.items", { count })}</span>
        </span>
      </summary>
      <div className="ms-2 border-s ps-3">
        {entries.slice(0, most).map(([key, item]) => (
          <Value key={key} name={key} value={item} depth={depth + 1} />
        ))}
        {entries.length > most && (
          <Button size="small" variant="outline" className="my-1" onClick={() => setMost(most + STEP * 5)}>
            {t("artifacts.more")}
          </Button>
        )}
      </div>
    </details>
  );
}
