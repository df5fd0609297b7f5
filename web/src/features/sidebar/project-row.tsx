import { Link } from "@tanstack/react-router";
import { ChevronRightIcon, FolderIcon, FolderOpenIcon } from "lucide-react";
import { memo } from "react";

import type { Project } from "@/api/client";
import { useUpdateProject } from "@/data/projects";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { useTouch } from "@/lib/media";
import { overlay } from "@/lib/overlays";

import { RenameField } from "./rename-field";
import { RowFrame } from "./row-frame";
import type { AllRow as All, ProjectRow as Row } from "./rows";
import { expand, sidebar, useSidebar } from "./state";

interface Props {
  row: Row;
  tabbable: boolean;
  target: boolean;
}

export const ProjectRow = memo(function ProjectRow({ row, tabbable, target }: Props) {
  const t = useT();
  const touch = useTouch();
  const { project, expanded } = row;
  const renaming = useSidebar((state) => state.renaming === row.key);
  const Folder = expanded ? FolderOpenIcon : FolderIcon;
  return (
    <RowFrame row={row} subject={{ kind: "project", key: row.key, project }} name={project.name} tabbable={tabbable} target={target}>
      <button
        type="button"
        aria-expanded={expanded}
        aria-label={t("sidebar.expand", { name: project.name })}
        tabIndex={-1}
        className="flex h-full w-7 shrink-0 items-center justify-center rounded-md text-muted hover:text-foreground touch:w-11"
        onClick={() => expand(project.id, !expanded)}
      >
        <ChevronRightIcon aria-hidden className={cn("size-3.5 transition-transform rtl:-scale-x-100", expanded && "rotate-90")} />
      </button>
      {renaming ? (
        <Rename project={project} />
      ) : (
        <Link
          to="/projects/$projectId"
          params={{ projectId: project.id }}
          data-row={row.key}
          tabIndex={tabbable ? 0 : -1}
          draggable={!touch}
          title={project.name}
          className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-lg text-sm -outline-offset-2 select-none touch:[-webkit-touch-callout:none]"
          onClick={() => overlay({ drawer: false })}
        >
          <Folder aria-hidden className="size-4 shrink-0 text-muted" />
          <span dir="auto" className="min-w-0 flex-1 truncate text-left rtl:text-right">
            {project.name}
          </span>
        </Link>
      )}
    </RowFrame>
  );
});

function Rename({ project: { id, name } }: { project: Project }) {
  const t = useT();
  const { mutate: update } = useUpdateProject();
  return (
    <RenameField
      label={t("projects.name")}
      name={name}
      onDone={(changed) => {
        sidebar({ renaming: undefined });
        if (changed !== undefined) update({ id, changes: { name: changed } });
      }}
    />
  );
}

/** Links to all conversations of a project. */
export function AllRow({ row, tabbable }: { row: All; tabbable: boolean }) {
  const t = useT();
  return (
    <Link
      to="/projects/$projectId"
      params={{ projectId: row.project.id }}
      data-row={row.key}
      tabIndex={tabbable ? 0 : -1}
      style={{ paddingInlineStart: `${row.depth * 0.875 + 1.75}rem` }}
      className="mx-2 flex h-full items-center rounded-lg text-sm text-muted -outline-offset-2 hover:bg-hover"
      onClick={() => overlay({ drawer: false })}
    >
      {t("sidebar.all", { name: row.project.name })}
    </Link>
  );
}
