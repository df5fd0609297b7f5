import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { Choose, Day, FilterBar, type FilterProps } from "@/components/filters";
import { Field, Input } from "@/components/ui/field";
import { modelsQuery } from "@/data/models";
import { projectsQuery } from "@/data/projects";
import { projectOptions } from "@/data/project-tree";
import { useT } from "@/features/search/texts";
import { ROLES, type SearchFilter, filterCount } from "@/lib/search-filter";

type Changes = { [K in Exclude<keyof SearchFilter, "q">]?: SearchFilter[K] | undefined };

/** The filters of a message search. On a phone they are collapsed. */
export function Filters({ filter, onChange }: { filter: SearchFilter; onChange: (changes: Changes) => void }) {
  const t = useT();
  const count = filterCount(filter);
  const clear = () => onChange({ role: undefined, project: undefined, model: undefined, from: undefined, to: undefined, archived: undefined });
  const unfold = count > 0 ? t("search.filters.count", { count }) : t("search.filters");
  return (
    <FilterBar label={t("search.filters")} unfold={unfold} clear={t("search.clear")} onClear={count > 0 ? clear : undefined}>
      <RoleFilter value={filter.role} onChange={(role) => onChange({ role })} />
      <ProjectFilter value={filter.project} onChange={(project) => onChange({ project })} />
      <ModelFilter key={filter.model} value={filter.model} onChange={(model) => onChange({ model })} />
      <Day label={t("search.from")} value={filter.from} max={filter.to} onChange={(from) => onChange({ from })} />
      <Day label={t("search.to")} value={filter.to} min={filter.from} onChange={(to) => onChange({ to })} />
      <ArchiveFilter value={filter.archived} onChange={(archived) => onChange({ archived })} />
    </FilterBar>
  );
}

function RoleFilter({ value, onChange }: FilterProps<(typeof ROLES)[number]>) {
  const t = useT();
  return (
    <Choose
      label={t("search.role")}
      any={t("search.role.any")}
      options={ROLES.map((role) => [role, t(`search.role.${role}`)])}
      value={value}
      onChange={(name) => onChange(ROLES.find((role) => role === name))}
    />
  );
}

function ProjectFilter({ value, onChange }: FilterProps<string>) {
  const t = useT();
  const { data } = useQuery(projectsQuery);
  const options = projectOptions(data ?? []);
  const deleted = data !== undefined && value !== undefined && !options.some(([id]) => id === value);
  if (options.length === 0 && !deleted) return null;
  return (
    <Choose
      label={t("search.project")}
      any={t("search.project.any")}
      options={deleted ? [...options, [value, t("search.project.gone")]] : options}
      value={value}
      onChange={onChange}
    />
  );
}

/** Any model name, because messages may come from models that are not available here. */
function ModelFilter({ value, onChange }: FilterProps<string>) {
  const t = useT();
  const list = useId();
  const { data } = useQuery(modelsQuery);
  const [text, setText] = useState(value ?? "");
  const names = data?.items.map(({ name }) => name) ?? [];
  const commit = (name: string) => name !== (value ?? "") && onChange(name || undefined);
  return (
    <Field label={t("search.model")} quiet>
      {(ids) => (
        <>
          <Input
            {...ids}
            list={list}
            value={text}
            maxLength={1000}
            placeholder={t("search.model.any")}
            onChange={(event) => {
              setText(event.target.value);
              if (event.target.value === "" || names.includes(event.target.value)) commit(event.target.value);
            }}
            onBlur={() => commit(text.trim())}
            onKeyDown={(event) => event.key === "Enter" && commit(text.trim())}
          />
          <datalist id={list}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function ArchiveFilter({ value, onChange }: FilterProps<boolean>) {
  const t = useT();
  return (
    <Choose
      label={t("search.archived")}
      any={t("search.archived.any")}
      options={[
        ["yes", t("search.archived.yes")],
        ["no", t("search.archived.no")],
      ]}
      value={value === undefined ? undefined : value ? "yes" : "no"}
      onChange={(name) => onChange(name === undefined ? undefined : name === "yes")}
    />
  );
}
