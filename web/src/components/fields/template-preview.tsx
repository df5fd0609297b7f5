import { useQuery } from "@tanstack/react-query";

import type { PromptTemplate } from "@/api/client";
import { missingValues } from "@/components/fields/variable-values";
import { useT } from "@/components/fields/texts";
import { Skeleton } from "@/components/ui/state";
import { type VariableValues, renderedPromptQuery } from "@/data/prompt-templates";
import { useDebounced } from "@/lib/use-debounced";
import { explain } from "@/lib/notice";

/** In milliseconds. */
const PAUSE = 200;

/** The text of a template for these values, as the server renders it. */
export function TemplatePreview({ template, values }: { template: PromptTemplate; values: VariableValues }) {
  const t = useT();
  const settled = useDebounced(values, PAUSE);
  const complete = missingValues(template.variables, settled).length === 0;
  const { data: text, error } = useQuery({ ...renderedPromptQuery(template, settled), enabled: complete });
  return (
    <section aria-label={t("fields.preview")} className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">{t("fields.preview")}</h3>
      <div className="max-h-60 min-h-16 overflow-y-auto rounded-xl bg-surface px-4 py-3 text-sm">
        {!complete && <p className="text-muted">{t("fields.preview.incomplete")}</p>}
        {complete && error && <p role="alert" className="text-danger">{explain(error)}</p>}
        {complete && !error && text === undefined && <Skeleton className="h-5 w-2/3" />}
        {complete && !error && text !== undefined && (
          <p dir="auto" className="wrap-break-word whitespace-pre-wrap">
            {text}
          </p>
        )}
      </div>
    </section>
  );
}
