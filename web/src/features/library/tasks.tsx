import { useQueries, useQuery } from "@tanstack/react-query";
import { PlusIcon, TextQuoteIcon } from "lucide-react";
import { useState } from "react";

import type { Agent, PromptTemplate } from "@/api/client";
import { Button } from "@/components/ui/button";
import { agents } from "@/data/agents";
import { promptTemplates } from "@/data/prompt-templates";
import { useT } from "@/features/library/texts";

import { PromptEditor } from "./prompt-editor";
import { RecordRow } from "./resource-section";
import { TrashedRecord } from "./resource-trash";

/** The tasks of an agent. */
export function Tasks({ record: { id, name } }: { record: Agent }) {
  const t = useT();
  const { data: tasks = [] } = useQuery(promptTemplates.query({ agent_id: id }));
  const [editing, edit] = useState<PromptTemplate | "new">();
  return (
    <div className="pb-2 ps-7">
      {tasks.length > 0 && (
        <ul aria-label={t("library.agent.tasks", { name })}>
          {tasks.map((task) => (
            <li key={task.id}>
              <RecordRow resource={promptTemplates} record={task} onEdit={edit}>
                <TextQuoteIcon aria-hidden className="size-4 shrink-0 text-muted" />
                <span className="min-w-0 truncate">
                  {task.name} <span className="text-muted">{task.description}</span>
                </span>
              </RecordRow>
            </li>
          ))}
        </ul>
      )}
      <Button size="small" className="ms-2 text-muted" aria-label={t("library.agent.task.newFor", { name })} onClick={() => edit("new")}>
        <PlusIcon aria-hidden /> {t("library.agent.task.new")}
      </Button>
      {editing && <PromptEditor record={editing === "new" ? undefined : editing} agentId={id} onClose={() => edit(undefined)} />}
    </div>
  );
}

/** The tasks in the trash whose agents are not. */
export function TrashedTasks() {
  const { data: owners = [] } = useQuery(agents.query());
  const lists = useQueries({ queries: owners.map(({ id }) => promptTemplates.query({ agent_id: id, deleted: true })) });
  return lists.flatMap(({ data }) =>
    (data ?? []).map((task) => <TrashedRecord key={task.id} resource={promptTemplates} icon={<TextQuoteIcon aria-hidden />} record={task} />),
  );
}
