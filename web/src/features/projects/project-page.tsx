import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRightIcon, FolderIcon, PlusIcon, SlidersHorizontalIcon, SquarePenIcon, Trash2Icon } from "lucide-react";
import { type ReactNode, useRef } from "react";

import type { Project } from "@/api/client";
import { PageHeader } from "@/components/page-header";
import { Button, IconButton } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/state";
import { ancestorsOf, projectTree } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useT } from "@/i18n";
import { overlay } from "@/lib/overlays";

import { ProjectConversations } from "./project-conversations";

/** A project: its settings, its subprojects and its conversations. */
export function ProjectPage({ projectId }: { projectId: string }) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const { data: projects } = useQuery(projectsQuery);
  const project = projects?.find(({ id }) => id === projectId);
  return (
    <>
      {project && <title>{`${project.name} – ${t("app.name")}`}</title>}
      <PageHeader className="touch:min-h-14">
        {project && (
          <>
            <IconButton className="ms-auto" label={t("projects.edit")} onClick={() => overlay({ project: { id: projectId } })}>
              <SlidersHorizontalIcon />
            </IconButton>
            <IconButton label={t("app.delete")} onClick={() => overlay({ project: { remove: projectId } })}>
              <Trash2Icon />
            </IconButton>
            <Button asChild size="small" variant="primary">
              <Link to="/" search={{ project: projectId }}>
                <SquarePenIcon aria-hidden />
                {t("projects.chat")}
              </Link>
            </Button>
          </>
        )}
      </PageHeader>
      <div ref={scroller} className="relative min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]">
        <div className="mx-auto flex max-w-3xl flex-col gap-8 px-4 pt-4 pb-16 sm:px-8">
          {project ? (
            <>
              <div className="flex flex-col gap-2">
                <Path outer={ancestorsOf(projects ?? [], projectId)} />
                <h1 dir="auto" className="flex gap-3 font-serif text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">
                  <FolderIcon aria-hidden className="mt-1 size-6 shrink-0 text-muted sm:mt-1.5" />
                  {project.name}
                </h1>
              </div>
              <ProjectSettings project={project} />
              <Subprojects projects={projects ?? []} project={project} />
              <section className="flex flex-col gap-2">
                <Title name={t("projects.conversations")} />
                <ProjectConversations projectId={projectId} scroller={scroller} />
              </section>
            </>
          ) : (
            <Loading />
          )}
        </div>
      </div>
    </>
  );
}

function Path({ outer }: { outer: readonly Project[] }) {
  const t = useT();
  if (outer.length === 0) return null;
  return (
    <nav aria-label={t("projects.path")}>
      <ol className="-ms-1.5 flex flex-wrap items-center text-sm text-muted">
        {outer.map(({ id, name }) => (
          <li key={id} className="flex min-w-0 items-center">
            <Link to="/projects/$projectId" params={{ projectId: id }} dir="auto" className="truncate rounded-lg px-1.5 py-1 hover:bg-hover touch:py-3">
              {name}
            </Link>
            <ChevronRightIcon aria-hidden className="size-3.5 shrink-0 rtl:-scale-x-100" />
          </li>
        ))}
      </ol>
    </nav>
  );
}

function ProjectSettings({ project: { id, instructions, model } }: { project: Project }) {
  const t = useT();
  return (
    <section className="flex flex-col gap-3">
      <Title name={t("projects.systemPrompt")} />
      {instructions ? (
        <div className="rounded-xl border bg-raised px-4 py-3">
          <p dir="auto" className="line-clamp-6 text-sm whitespace-pre-wrap wrap-anywhere">
            {instructions}
          </p>
        </div>
      ) : (
        <Button variant="outline" className="h-auto justify-start rounded-xl px-4 py-3 text-start font-normal whitespace-normal text-muted touch:h-auto" onClick={() => overlay({ project: { id } })}>
          {t("projects.systemPrompt.none")}
        </Button>
      )}
      <p className="text-sm text-muted">
        {t("projects.model")}: <span className="text-foreground">{model ?? t("projects.model.inherited")}</span>
      </p>
    </section>
  );
}

function Subprojects({ projects, project }: { projects: readonly Project[]; project: Project }) {
  const t = useT();
  const inner = projectTree(projects.filter(({ parent_id }) => parent_id === project.id));
  return (
    <section className="flex flex-col gap-2">
      <Title name={t("projects.subprojects")}>
        <IconButton label={t("projects.newSubproject")} onClick={() => overlay({ project: { parentId: project.id } })}>
          <PlusIcon />
        </IconButton>
      </Title>
      {inner.length > 0 && (
        <ul className="grid gap-2 sm:grid-cols-2">
          {inner.map(({ project: { id, name } }) => (
            <li key={id}>
              <Link
                to="/projects/$projectId"
                params={{ projectId: id }}
                className="flex min-h-11 items-center gap-2.5 rounded-xl border bg-raised px-4 py-2.5 text-sm hover:bg-hover"
              >
                <FolderIcon aria-hidden className="size-4 shrink-0 text-muted" />
                <span dir="auto" className="truncate">
                  {name}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Title({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <div className="flex min-h-8 items-center justify-between">
      <h2 className="text-sm font-medium text-muted">{name}</h2>
      {children}
    </div>
  );
}

function Loading() {
  return (
    <>
      <Skeleton className="h-9 w-1/2" />
      <Skeleton className="h-24 rounded-xl" />
      <Skeleton className="h-64 rounded-xl" />
    </>
  );
}
