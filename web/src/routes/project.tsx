import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { NotFound } from "@/app/not-found";
import { projectsQuery } from "@/data/projects";
import { ProjectPage } from "@/features/projects/project-page";

export function ProjectRoute() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { data: projects, error } = useQuery(projectsQuery);
  if (error && !projects) throw error;
  if (projects?.every(({ id }) => id !== projectId)) return <NotFound />;
  return <ProjectPage key={projectId} projectId={projectId} />;
}
