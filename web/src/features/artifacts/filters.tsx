import { useQuery } from "@tanstack/react-query";

import { Choose, Day, FilterBar } from "@/components/filters";
import { usesQuery } from "@/data/artifacts";
import { projectOptions } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useT } from "@/features/artifacts/texts";
import { type ArtifactSearch, TYPES, isNarrowed } from "@/lib/artifact-search";

type Changes = { [K in keyof ArtifactSearch]?: ArtifactSearch[K] | undefined };

/** The filters of the artifact list. On a phone they are collapsed. */
export function Filters({ search, onSearch }: { search: ArtifactSearch; onSearch: (changes: Changes) => void }) {
  const t = useT();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: uses = [] } = useQuery(usesQuery);
  const languages = new Set([...uses.map(({ language }) => language), search.language ?? ""].filter(Boolean));
  const clear = () => onSearch({ type: undefined, language: undefined, project: undefined, from: undefined, to: undefined });
  const narrowed = isNarrowed({ ...search, q: undefined } as ArtifactSearch);
  return (
    <FilterBar label={t("artifacts.filters")} clear={t("artifacts.filter.clear")} onClear={narrowed ? clear : undefined} className="lg:grid-cols-5">
      <Choose
        label={t("artifacts.filter.type")}
        any={t("artifacts.filter.type.any")}
        options={TYPES.map((type) => [type, t(`artifacts.type.${type}`)])}
        value={search.type}
        onChange={(name) => onSearch({ type: TYPES.find((type) => type === name) })}
      />
      <Choose
        label={t("artifacts.filter.language")}
        any={t("artifacts.filter.language.any")}
        options={[...languages].toSorted().map((name) => [name, name])}
        value={search.language}
        onChange={(language) => onSearch({ language })}
      />
      {search.view !== "shared" && (
        <Choose
          label={t("artifacts.filter.project")}
          any={t("artifacts.filter.project.any")}
          options={projectOptions(projects)}
          value={search.project}
          onChange={(project) => onSearch({ project })}
        />
      )}
      <Day label={t("artifacts.filter.from")} value={search.from} max={search.to} onChange={(from) => onSearch({ from })} />
      <Day label={t("artifacts.filter.to")} value={search.to} min={search.from} onChange={(to) => onSearch({ to })} />
    </FilterBar>
  );
}
