/** Projects as a tree. The server sends a flat list, by name. */
import type { Project } from "@/api/client";
import { groupBy } from "@/lib/group";

export interface ProjectNode {
  readonly project: Project;
  readonly inner: readonly ProjectNode[];
}

/** The root projects, including those whose parent is deleted. */
export function projectTree(projects: readonly Project[]): readonly ProjectNode[] {
  const ids = new Set(projects.map(({ id }) => id));
  const innerOf = groupBy(projects, ({ parent_id }) => (parent_id !== null && ids.has(parent_id) ? parent_id : null));
  const nodes = (parent: string | null): readonly ProjectNode[] =>
    (innerOf.get(parent) ?? []).toSorted(byName).map((project) => ({ project, inner: nodes(project.id) }));
  return nodes(null);
}

/** All projects of a tree with their depth, parents first. */
export function flatten(nodes: readonly ProjectNode[], depth = 0): readonly { readonly project: Project; readonly depth: number }[] {
  return nodes.flatMap(({ project, inner }) => [{ project, depth }, ...flatten(inner, depth + 1)]);
}

/** Project options: ids and indented names. */
export function projectOptions(projects: readonly Project[]): readonly (readonly [string, string])[] {
  return flatten(projectTree(projects)).map(({ project, depth }) => [project.id, "\u2003".repeat(depth) + project.name]);
}

/** The ancestors of a project, outermost first. */
export function ancestorsOf(projects: readonly Project[], id: string): readonly Project[] {
  const byId = new Map(projects.map((project) => [project.id, project]));
  const ancestors: Project[] = [];
  let at = byId.get(byId.get(id)?.parent_id ?? "");
  while (at && !ancestors.includes(at)) {
    ancestors.unshift(at);
    at = byId.get(at.parent_id ?? "");
  }
  return ancestors;
}

/** The model of a project, or of its nearest ancestor with one. */
export function modelOf(projects: readonly Project[], id: string | null | undefined): string | undefined {
  const project = projects.find((other) => other.id === id);
  const chain = project ? [...ancestorsOf(projects, project.id), project] : [];
  return chain.findLast(({ model }) => model)?.model ?? undefined;
}

/** Whether a project may move into another one, or with null to the root: not into itself or its descendants. */
export function mayMove(projects: readonly Project[], id: string, parentId: string | null): boolean {
  return parentId !== id && (parentId === null || !ancestorsOf(projects, parentId).some((outer) => outer.id === id));
}

function byName(a: Project, b: Project): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true, sensitivity: "base" }) || (a.id < b.id ? -1 : 1);
}
