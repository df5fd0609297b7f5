import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Project } from "@/api/client";
import { ModelField } from "@/components/fields/model-field";
import { OptionFields } from "@/components/fields/option-fields";
import { RuleField } from "@/components/fields/rule-field";
import { TagField } from "@/components/fields/tag-field";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field, Input, Select, TextArea } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/state";
import { updateConversations } from "@/data/conversations";
import { mayMove, projectOptions } from "@/data/project-tree";
import { type ProjectChanges, projectsQuery, useCreateProject, useUpdateProject } from "@/data/projects";
import { useT } from "@/i18n";
import { newId } from "@/lib/ids";
import { type NewProject, type ProjectRequest, overlay } from "@/lib/overlays";

import { useInherited } from "./use-inherited";
import { ProjectRemoval } from "./project-removal";

const NOTHING_NEW: NewProject = { parentId: null };

const close = () => overlay({ project: undefined });

/** The project to edit, to delete or to create. */
export default function ProjectDialog({ request }: { request: ProjectRequest }) {
  if ("remove" in request) return <ProjectRemoval id={request.remove} onClose={close} />;
  if ("id" in request) return <ProjectForm id={request.id} defaults={NOTHING_NEW} />;
  return <ProjectForm id={undefined} defaults={request} />;
}

/** The form for a new or an existing project. */
function ProjectForm({ id, defaults }: { id: string | undefined; defaults: NewProject }) {
  const t = useT();
  const { data: projects } = useQuery(projectsQuery);
  const project = projects?.find((one) => one.id === id);
  const loaded = projects && (id === undefined || project);
  return (
    <Dialog open onOpenChange={close} title={t(id ? "projects.edit.title" : "projects.new")}>
      {loaded ? (
        <Form project={project} projects={projects} defaults={defaults} />
      ) : (
        <Skeleton className="h-80" />
      )}
    </Dialog>
  );
}

interface FormProps {
  project: Project | undefined;
  projects: readonly Project[];
  defaults: NewProject;
}

function Form({ project, projects, defaults }: FormProps) {
  const t = useT();
  const navigate = useNavigate();
  const create = useCreateProject();
  const update = useUpdateProject();
  const [id] = useState(() => project?.id ?? newId());
  const [before] = useState({
    name: project?.name ?? "",
    parent_id: project ? project.parent_id : defaults.parentId,
    instructions: project?.instructions ?? "",
    model: project?.model ?? null,
    options: { ...project?.options },
    rules: [...(project?.rules ?? [])],
    tags: [...(project?.tags ?? [])],
  });
  const [values, setValues] = useState(before);
  const inherited = useInherited(project?.id, values.parent_id);
  const change = (change: Partial<typeof values>) => setValues((sofar) => ({ ...sofar, ...change }));

  const save = () => {
    const submitted = { ...values, name: values.name.trim() };
    if (project) return update.mutate({ id, changes: changed(before, submitted) }, { onSuccess: close });
    create.mutate(
      { ...submitted, id },
      {
        onSuccess: () => {
          close();
          if (defaults.conversations) return void updateConversations(new Map(defaults.conversations.map((one) => [one, { project_id: id }])));
          void navigate({ to: "/projects/$projectId", params: { projectId: id } });
        },
      },
    );
  };

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Field label={t("projects.name")}>
        {(ids) => <Input {...ids} autoFocus required maxLength={500} dir="auto" value={values.name} onChange={(event) => change({ name: event.target.value })} />}
      </Field>
      <Field label={t("projects.parent")}>
        {(ids) => (
          <Select {...ids} className="w-full" value={values.parent_id ?? ""} onChange={(event) => change({ parent_id: event.target.value || null })}>
            <option value="">{t("projects.parent.none")}</option>
            {projectOptions(projects)
              .filter(([outer]) => mayMove(projects, id, outer))
              .map(([outer, name]) => (
                <option key={outer} value={outer}>
                  {name}
                </option>
              ))}
          </Select>
        )}
      </Field>
      <Field label={t("projects.systemPrompt")} hint={t("projects.systemPrompt.hint")}>
        {(ids) => (
          <TextArea {...ids} rows={6} dir="auto" value={values.instructions} onChange={(event) => change({ instructions: event.target.value })} />
        )}
      </Field>
      <ModelField model={values.model} hint={inherited.model ?? t("projects.model.hint")} onChoose={(model) => change({ model })} />
      <OptionFields options={values.options} inherited={inherited.options} onChange={(options) => change({ options })} />
      <RuleField chosen={values.rules} hint={inherited.rules} onChange={(rules) => change({ rules })} />
      <TagField tags={values.tags} hint={inherited.tags ?? t("projects.tags.hint")} onChange={(tags) => change({ tags })} />
      <DialogFooter>
        <Button onClick={close}>{t("app.cancel")}</Button>
        <Button type="submit" variant="primary" disabled={!values.name.trim() || create.isPending || update.isPending}>
          {t(project ? "app.save" : "projects.create")}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** Only changed fields, so that changes by others to the remaining fields are kept. */
function changed(before: ProjectChanges, after: ProjectChanges): ProjectChanges {
  const previous = new Map<string, unknown>(Object.entries(before));
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => JSON.stringify(previous.get(name)) !== JSON.stringify(value)));
}
