import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useState } from "react";

import type { PromptTemplate } from "@/api/client";
import { TemplatePreview } from "@/components/fields/template-preview";
import { VariableFields } from "@/components/fields/variable-fields";
import { Dialog } from "@/components/ui/dialog";
import { Failed, Skeleton } from "@/components/ui/state";
import { meQuery } from "@/data/me";
import { type VariableValues, promptRevisionsQuery } from "@/data/prompt-templates";
import { useT } from "@/features/library/texts";
import { useLanguage } from "@/i18n";
import { dateTime } from "@/lib/time";

import { PromptForm } from "./prompt-form";

interface Props {
  record: PromptTemplate | undefined;
  /** The agent of a new task. */
  agentId?: string;
  onClose: () => void;
}

/** Creates, changes, previews and reads a template, or a task of an agent. Those of other users are only previewed. */
export function PromptEditor({ record, agentId, onClose }: Props) {
  const t = useT();
  const { data: me } = useQuery(meQuery);
  const agent = record?.agent_id ?? agentId ?? null;
  const form = <PromptForm template={record} agentId={agent} onClose={onClose} />;
  const mine = !record || record.owner_id === me?.id;
  const noun = agent === null ? "library.prompts" : "library.agent.task";
  return (
    <Dialog open onOpenChange={onClose} title={mine ? t(record ? `${noun}.edit` : `${noun}.new`) : record.name} className="sm:max-w-2xl">
      {!record && form}
      {record && !mine && <Preview template={record} />}
      {record && mine && (
        <Tabs.Root defaultValue="edit" className="flex min-h-0 flex-col gap-4">
          <Tabs.List aria-label={t("library.prompt.tabs")} className="flex gap-1 border-b">
            {(["edit", "preview", "revisions"] as const).map((tab) => (
              <Tabs.Trigger
                key={tab}
                value={tab}
                className="-mb-px border-b-2 border-transparent px-3 py-1.5 text-sm text-muted hover:text-foreground data-[state=active]:border-accent data-[state=active]:text-foreground touch:py-3"
              >
                {t(`library.prompt.tab.${tab}`)}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          {/* It stays mounted, so that what is being edited survives a look at the others. */}
          <Tabs.Content value="edit" forceMount className="outline-none data-[state=inactive]:hidden">
            {form}
          </Tabs.Content>
          <Tabs.Content value="preview" className="outline-none">
            <Preview template={record} />
          </Tabs.Content>
          <Tabs.Content value="revisions" className="outline-none">
            <Revisions template={record} />
          </Tabs.Content>
        </Tabs.Root>
      )}
    </Dialog>
  );
}

function Preview({ template }: { template: PromptTemplate }) {
  const t = useT();
  const [values, setValues] = useState<VariableValues>({});
  return (
    <div className="flex flex-col gap-4">
      <p className="text-xs text-muted">{template.description || t("library.prompt.preview.saved")}</p>
      <VariableFields variables={template.variables} values={values} onChange={setValues} />
      <TemplatePreview template={template} values={values} />
    </div>
  );
}

function Revisions({ template }: { template: PromptTemplate }) {
  const t = useT();
  const language = useLanguage();
  const { data: revisions, error, refetch } = useQuery(promptRevisionsQuery(template));
  if (error && !revisions) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!revisions) return <Skeleton className="h-24 rounded-xl" />;
  return (
    <ol reversed className="flex flex-col gap-2">
      {revisions.map(({ number, body, variables, created_at: at }) => (
        <li key={number}>
          <details open={number === template.revision} className="rounded-xl border px-4 py-2 text-sm">
            <summary className="cursor-pointer touch:py-2">
              {t("library.prompt.revision", { number })}
              <span className="ms-2 text-xs text-muted">
                {dateTime(at, language)}
                {number === template.revision && ` · ${t("library.prompt.revision.current")}`}
              </span>
            </summary>
            <pre className="mt-2 font-mono text-xs wrap-break-word whitespace-pre-wrap">{body}</pre>
            {variables.length > 0 && (
              <p className="mt-2 text-xs text-muted">
                {t("library.prompt.revision.variables", { names: variables.map(({ name }) => name).join(", ") })}
              </p>
            )}
          </details>
        </li>
      ))}
    </ol>
  );
}
