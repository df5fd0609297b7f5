import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontalIcon, XIcon } from "lucide-react";
import { type ReactNode, useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { modelsQuery } from "@/data/models";
import { projectsQuery } from "@/data/projects";
import { flatten, projectTree } from "@/data/project-tree";
import { useT } from "@/i18n";
import { useNarrow } from "@/lib/media";
import { ROLES, type SearchFilter, filterCount } from "@/lib/search-filter";

type Changes = { [K in Exclude<keyof SearchFilter, "q">]?: SearchFilter[K] | undefined };

/** Which messages are looked at. On a phone the filters are folded away. */
export function Filters({ filter, onChange }: { filter: SearchFilter; onChange: (changes: Changes) => void }) {
  const t = useT();
  const narrow = useNarrow();
  const [unfolded, setUnfolded] = useState(false);
  const count = filterCount(filter);
  const clear = () => onChange({ role: undefined, project: undefined, model: undefined, from: undefined, to: undefined, archived: undefined });
  return (
    <div className="flex flex-col gap-2">
      {narrow && (
        <Button variant="outline" size="small" className="self-start" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          <SlidersHorizontalIcon aria-hidden />
          {count > 0 ? t("search.filters.count", { count }) : t("search.filters")}
        </Button>
      )}
      {(!narrow || unfolded) && (
        <fieldset className="grid min-w-0 grid-cols-2 items-end gap-x-2 gap-y-3 sm:grid-cols-3">
          <legend className="sr-only">{t("search.filters")}</legend>
          <RoleFilter value={filter.role} onChange={(role) => onChange({ role })} />
          <ProjectFilter value={filter.project} onChange={(project) => onChange({ project })} />
          <ModelFilter key={filter.model} value={filter.model} onChange={(model) => onChange({ model })} />
          <DayFilter label={t("search.from")} value={filter.from} max={filter.to} onChange={(from) => onChange({ from })} />
          <DayFilter label={t("search.to")} value={filter.to} min={filter.from} onChange={(to) => onChange({ to })} />
          <ArchiveFilter value={filter.archived} onChange={(archived) => onChange({ archived })} />
        </fieldset>
      )}
      {count > 0 && (
        <Button size="small" className="-ms-2.5 self-start text-muted" onClick={clear}>
          <XIcon aria-hidden /> {t("search.clear")}
        </Button>
      )}
    </div>
  );
}

function Labelled({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-xs text-muted">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

interface Choice<T> {
  value: T | undefined;
  onChange: (value: T | undefined) => void;
}

function Choose({ label, any, options, value, onChange }: Choice<string> & { label: string; any: string; options: readonly (readonly [string, string])[] }) {
  return (
    <Labelled label={label}>
      {(id) => (
        <Select id={id} value={value ?? ""} className="w-full" onChange={(event) => onChange(event.target.value || undefined)}>
          <option value="">{any}</option>
          {options.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </Select>
      )}
    </Labelled>
  );
}

function RoleFilter({ value, onChange }: Choice<(typeof ROLES)[number]>) {
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

function ProjectFilter({ value, onChange }: Choice<string>) {
  const t = useT();
  const { data } = useQuery(projectsQuery);
  const known = flatten(projectTree(data ?? [])).map(({ project, depth }) => [project.id, `${"\u2003".repeat(depth)}${project.name}`] as const);
  const gone = data !== undefined && value !== undefined && !known.some(([id]) => id === value);
  if (known.length === 0 && !gone) return null;
  return (
    <Choose
      label={t("search.project")}
      any={t("search.project.any")}
      options={gone ? [...known, [value, t("search.project.gone")]] : known}
      value={value}
      onChange={onChange}
    />
  );
}

/** Any name, for the record knows models that cannot be asked here. */
function ModelFilter({ value, onChange }: Choice<string>) {
  const t = useT();
  const list = useId();
  const { data } = useQuery(modelsQuery);
  const [text, setText] = useState(value ?? "");
  const known = data?.items.map(({ name }) => name) ?? [];
  const commit = (name: string) => name !== (value ?? "") && onChange(name || undefined);
  return (
    <Labelled label={t("search.model")}>
      {(id) => (
        <>
          <Input
            id={id}
            list={list}
            value={text}
            maxLength={1000}
            placeholder={t("search.model.any")}
            onChange={(event) => {
              setText(event.target.value);
              if (event.target.value === "" || known.includes(event.target.value)) commit(event.target.value);
            }}
            onBlur={() => commit(text.trim())}
            onKeyDown={(event) => event.key === "Enter" && commit(text.trim())}
          />
          <datalist id={list}>
            {known.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </datalist>
        </>
      )}
    </Labelled>
  );
}

function DayFilter({ label, value, onChange, min, max }: Choice<string> & { label: string; min?: string | undefined; max?: string | undefined }) {
  return (
    <Labelled label={label}>
      {(id) => (
        <Input
          id={id}
          type="date"
          value={value ?? ""}
          min={min}
          max={max}
          onChange={(event) => onChange(event.target.value || undefined)}
        />
      )}
    </Labelled>
  );
}

function ArchiveFilter({ value, onChange }: Choice<boolean>) {
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
