import { queryOptions, useMutation } from "@tanstack/react-query";

import { type Project, type ProjectDefaults, api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { updateCached } from "@/data/cache-updates";
import { queryClient, refetch } from "@/data/client";
import { trackRequest } from "@/data/request-queue";
import { t } from "@/i18n";
import { notice } from "@/lib/notice";

export type ProjectChanges = Omit<components["schemas"]["ProjectChanges"], "version">;

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async ({ signal }): Promise<readonly Project[]> => (await unwrap(api.GET("/api/v1/projects", { signal }))).items,
});

/** The projects in the trash. */
export const deletedProjectsQuery = queryOptions({
  queryKey: ["projects", { deleted: true }],
  queryFn: async ({ signal }): Promise<readonly Project[]> =>
    (await unwrap(api.GET("/api/v1/projects", { params: { query: { deleted: true } }, signal }))).items,
});

/** What holds in a project, each value with where it is set. */
export function projectDefaultsQuery(id: string) {
  return queryOptions({
    queryKey: ["project defaults", id],
    queryFn: ({ signal }): Promise<ProjectDefaults> => unwrap(api.GET("/api/v1/projects/{project_id}/defaults", { params: { path: { project_id: id } }, signal })),
    staleTime: 0, // the projects around it, the user and the tenant may have changed
  });
}

/** Update the projects that are not in the trash. */
function changeProjects(change: (projects: readonly Project[]) => readonly Project[]): void {
  updateCached<readonly Project[]>(projectsQuery.queryKey, (projects, [, trash]) => (trash ? projects : change(projects)));
}

/** Add or replace a project. */
function showProject(project: Project): void {
  changeProjects((projects) => [...projects.filter(({ id }) => id !== project.id), project]);
}

function hideProject(id: string): void {
  changeProjects((projects) => projects.filter((project) => project.id !== id));
}

function knownProject(id: string): Project | undefined {
  return queryClient.getQueryData(projectsQuery.queryKey)?.find((project) => project.id === id);
}

/** A project changed, according to the feed; null if it is gone or in the trash. */
export function showProjectChange(id: string, now: Project | null): void {
  void refetch(deletedProjectsQuery);
  if (now) showProject(now);
  else hideProject(id);
}

export function useCreateProject() {
  return useMutation({
    mutationFn: (body: components["schemas"]["NewProject"]): Promise<Project> => unwrap(api.POST("/api/v1/projects", { body })),
    onSuccess: showProject,
    onError: notice.error,
  });
}

/** Update a project optimistically; rolls back with a notice if the server refuses. */
export function useUpdateProject() {
  return useMutation({
    mutationFn: ({ id, changes }: { id: string; changes: ProjectChanges }): Promise<Project> =>
      trackRequest(unwrap(api.PATCH("/api/v1/projects/{project_id}", { params: { path: { project_id: id } }, body: changes }))),
    onMutate: ({ id, changes }) => {
      const before = knownProject(id);
      if (before) showProject({ ...before, ...changes } as Project);
      return { before };
    },
    onSuccess: showProject,
    onError: (error, _, context) => {
      if (context?.before) showProject(context.before);
      notice.error(error);
    },
  });
}

/** What becomes of the conversations of a deleted project. Moved without a target, they are in no project. */
export type Fate = { readonly conversations: "keep" | "move" | "delete"; readonly to?: string };

/** Move a project and the projects inside to the trash, with undo. */
export function useDeleteProject() {
  return useMutation({
    mutationFn: ({ project: { id }, fate }: { project: Project; fate: Fate }) =>
      unwrap(api.DELETE("/api/v1/projects/{project_id}", { params: { path: { project_id: id }, query: fate } })),
    onMutate: ({ project }) => hideProject(project.id),
    onSuccess: (_, { project }) => notice.undoable(t("projects.deleted", { name: project.name }), () => void restoreProject(project)),
    onError: (error, { project }) => {
      showProject(project);
      notice.error(error);
    },
  });
}

/** Restore a project from the trash. */
export async function restoreProject(project: Project): Promise<void> {
  showProject(project);
  try {
    showProject(await unwrap(api.POST("/api/v1/projects/{project_id}/restore", { params: { path: { project_id: project.id } } })));
  } catch (error) {
    hideProject(project.id);
    notice.error(error);
  }
}
