import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { useT } from "@/i18n";

/** A text that is cut at `most` characters until the user shows all of it. */
export function LongText({ text, most, children }: { text: string; most: number; children: (text: string) => ReactNode }) {
  const t = useT();
  const [all, showAll] = useState(false);
  if (all || text.length <= most) return children(text);
  const end = Math.max(text.lastIndexOf("\n", most), most * 0.8);
  return (
    <>
      {children(`${text.slice(0, end).trimEnd()} …`)}
      <Button size="small" variant="outline" className="mt-2" onClick={() => showAll(true)}>
        {t("thread.showAll", { characters: text.length })}
      </Button>
    </>
  );
}
