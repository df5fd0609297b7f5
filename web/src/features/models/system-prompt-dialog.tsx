import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field, TextArea } from "@/components/ui/field";
import { ancestorsOf } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { tenantQuery } from "@/data/tenant";
import { useT } from "@/i18n";

/** The maximum length of a system prompt, in characters. */
const MOST = 100_000;

/** Edits the system prompt of a conversation, below the inherited ones. */
export default function SystemPromptDialog({
  value,
  projectId,
  onSave,
  onClose,
}: {
  value: string;
  /** The project of the conversation. */
  projectId: string | null;
  onSave: (value: string) => void;
  onClose: () => void;
}) {
  const t = useT();
  const [text, setText] = useState(value);
  return (
    <Dialog open onOpenChange={onClose} title={t("models.systemPrompt")} description={t("models.systemPrompt.hint")} className="sm:max-w-xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onSave(text.trim());
          onClose();
        }}
      >
        <Inherited projectId={projectId} />
        <Field label={t("models.systemPrompt.own")}>
          {(ids) => (
            <TextArea
              {...ids}
              autoFocus
              value={text}
              maxLength={MOST}
              rows={6}
              placeholder={t("models.systemPrompt.example")}
              className="max-h-[40dvh] field-sizing-content"
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <DialogFooter>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("app.save")}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

/** The inherited system prompts: of the tenant, then of the projects from the outside in. */
function Inherited({ projectId }: { projectId: string | null }) {
  const t = useT();
  const { data: tenant } = useQuery(tenantQuery);
  const { data: projects = [] } = useQuery(projectsQuery);
  const own = projects.filter((project) => project.id === projectId);
  const outer = projectId ? ancestorsOf(projects, projectId) : [];
  const all = [
    { id: "tenant", title: t("models.systemPrompt.tenant"), text: tenant?.instructions ?? "" },
    ...[...outer, ...own].map(({ id, name, instructions }) => ({
      id,
      title: t("models.systemPrompt.project", { name }),
      text: instructions,
    })),
  ].filter(({ text }) => text.trim() !== "");
  if (all.length === 0) return null;
  return (
    <ul className="flex flex-col gap-2">
      {all.map(({ id, title, text }) => (
        <li key={id}>
          <details className="rounded-lg bg-surface px-3 py-2 text-sm">
            <summary className="cursor-pointer text-muted touch:py-2">{title}</summary>
            <p className="mt-2 max-h-40 overflow-y-auto wrap-break-word whitespace-pre-wrap">{text}</p>
          </details>
        </li>
      ))}
    </ul>
  );
}
