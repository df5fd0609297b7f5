import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";

import { Confirm } from "@/components/ui/confirm";
import { type Fate, projectsQuery, useDeleteProject } from "@/data/projects";
import { useT } from "@/i18n";
import { keepFocusInList } from "@/lib/sidebar";

import { FateField } from "./fate-field";

/** Confirms the deletion of a project and explains what happens to its contents. */
export function ProjectRemoval({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const isOpen = useParams({ strict: false, select: ({ projectId }) => projectId === id });
  const { data: projects = [] } = useQuery(projectsQuery);
  const { mutate: remove } = useDeleteProject();
  const [fate, decide] = useState<Fate>({ conversations: "keep" });
  const project = projects.find((one) => one.id === id);
  const inner = projects.filter(({ parent_id }) => parent_id === id).length;
  if (!project) return null;
  const outer = projects.find((one) => one.id === project.parent_id);
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("projects.delete.title", { name: project.name })}
      description={t("projects.delete.hint")}
      action={t("app.delete")}
      onConfirm={() => {
        remove({ project, fate });
        keepFocusInList();
        if (!isOpen) return;
        if (outer) void navigate({ to: "/projects/$projectId", params: { projectId: outer.id } });
        else void navigate({ to: "/" });
      }}
    >
      <FateField id={id} projects={projects} fate={fate} onChange={decide} />
      {inner > 0 && <p className="text-sm text-muted">{t("projects.delete.subprojects", { count: inner })}</p>}
    </Confirm>
  );
}
