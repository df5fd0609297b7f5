import { useMemo, useState } from "react";

import { Button } from "@/components/ui/button";
import { useT } from "@/features/artifacts/texts";
import { scrollable } from "@/lib/scrollable";

import { readTable } from "./csv";

/** Rows shown at once, and the maximum number of columns. */
const STEP = 200;
const WIDEST = 60;

/** CSV as a table. */
export function CsvView({ text, title }: { text: string; title: string }) {
  const t = useT();
  const [most, setMost] = useState(STEP);
  const { rows, cut } = useMemo(() => readTable(text, most + 1), [text, most]);
  const [head = [], ...body] = rows;
  const wide = rows.some((row) => row.length > WIDEST);
  if (body.length === 0 && head.length === 0) return <p className="p-4 text-sm text-muted">{t("artifacts.table.empty")}</p>;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div role="group" ref={scrollable} aria-label={t("artifacts.table", { title })} className="min-h-0 flex-1 overflow-auto -outline-offset-2">
        <table className="min-w-full border-separate border-spacing-0 text-sm">
          <thead className="sticky top-0 bg-surface">
            <tr>
              {numbered(head.slice(0, WIDEST)).map(({ key, item }) => (
                <th key={key} scope="col" dir="auto" className="border-b px-3 py-2 text-start font-medium whitespace-nowrap">
                  {item}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {numbered(body).map(({ key, item }) => (
              <tr key={key}>
                {numbered(item.slice(0, WIDEST)).map(({ key, item: cell }) => (
                  <td key={key} dir="auto" className="max-w-96 border-b px-3 py-1.5 align-top wrap-break-word whitespace-pre-wrap">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(cut || wide) && (
        <p className="flex items-center gap-3 border-t px-4 py-2 text-sm text-muted">
          {t("artifacts.truncated")}
          {cut && (
            <Button size="small" variant="outline" onClick={() => setMost(most + STEP * 5)}>
              {t("artifacts.more")}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

/** Rows and cells have no identity but their index. */
const numbered = <T,>(items: readonly T[]) => items.map((item, i) => ({ key: `${i}`, item }));
