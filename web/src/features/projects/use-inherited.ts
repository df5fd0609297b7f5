import { useQuery } from "@tanstack/react-query";

import type { ProjectDefaults } from "@/api/client";
import { modelTitle } from "@/data/models";
import { projectDefaultsQuery, projectsQuery } from "@/data/projects";
import { type Key, useT } from "@/i18n";

type Source = { readonly source: ProjectDefaults["rules"][number]["source"]; readonly name: string | null };

const KEYS: Partial<Record<Source["source"], Key>> = {
  project: "projects.inherited.project",
  user: "projects.inherited.user",
  tenant: "projects.inherited.tenant",
};

/** What holds in a project where it sets nothing itself: texts that say the value and where it is from. */
export interface InheritedTexts {
  readonly model: string | undefined;
  readonly options: Readonly<Record<string, string>>;
  readonly rules: string | undefined;
  readonly tags: string | undefined;
}

/** What a project gets from the one around it; without one, from the user and the tenant, once it exists. */
export function useInherited(id: string | undefined, parentId: string | null): InheritedTexts {
  const t = useT();
  const { data: projects = [] } = useQuery(projectsQuery);
  const from = parentId ?? id;
  const { data } = useQuery({ ...projectDefaultsQuery(from ?? ""), enabled: from !== undefined });
  // Without a project around it, only what is set outside of projects.
  const others = ({ project_id: project }: { project_id: string | null }) => project === null || (parentId !== null && project !== id);
  const say = (value: unknown, { source, name }: Source) => t(KEYS[source] ?? "projects.inherited.always", { value: String(value), name: name ?? "" });
  const nameOf = (project: string | null) => projects.find((other) => other.id === project)?.name ?? null;
  const list = (items: readonly string[]) => (items.length > 0 ? t("projects.inherited.also", { list: items.join("; ") }) : undefined);
  const options = Object.entries(data?.options ?? {}).filter(([, option]) => others(option));
  return {
    model: data?.model && others(data.model) ? say(modelTitle(String(data.model.value), t), data.model) : undefined,
    options: Object.fromEntries(options.map(([name, option]) => [name, say(option.value, option)])),
    rules: list((data?.rules ?? []).filter(others).map(({ name, source, project_id: project }) => say(name, { source, name: nameOf(project) }))),
    tags: list((data?.tags ?? []).filter(others).map((tag) => say(tag.value, tag))),
  };
}
