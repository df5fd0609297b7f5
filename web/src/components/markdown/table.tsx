import { CopyIcon } from "lucide-react";
import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";

import { useT } from "@/i18n";
import { scrollable } from "@/lib/scrollable";

import { textOf } from "./code-of";
import { CopyButton } from "./copy-button";
import { csv } from "./csv";

type Node = NonNullable<ExtraProps["node"]>;

/** A table; a wide one scrolls horizontally. */
export function Table({ node, children }: ComponentProps<"table"> & ExtraProps) {
  const t = useT();
  return (
    <div dir="auto" className="block group/table relative">
      <div role="group" aria-label={t("thread.table")} ref={scrollable} className="overflow-x-auto rounded-xl border">
        <table>{children}</table>
      </div>
      <div className="absolute end-1 top-1 rounded-lg bg-background opacity-0 transition-opacity group-focus-within/table:opacity-100 group-hover/table:opacity-100 touch:opacity-100">
        <CopyButton label={t("thread.copyTable")} text={() => csv(node ? cells(node) : [])} icon={<CopyIcon />} />
      </div>
    </div>
  );
}

function cells(table: Node): string[][] {
  return rowsOf(table).map((row) =>
    row.children.filter((cell) => cell.type === "element").map((cell) => textOf(cell).trim()),
  );
}

function rowsOf(node: Node): Node[] {
  return node.children.flatMap((child) => {
    if (child.type !== "element") return [];
    return child.tagName === "tr" ? [child] : rowsOf(child);
  });
}
