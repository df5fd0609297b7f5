import { useParams } from "@tanstack/react-router";

import { ProjectPage } from "@/features/projects/project-page";

export function ProjectRoute() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  return <ProjectPage key={projectId} projectId={projectId} />;
}
