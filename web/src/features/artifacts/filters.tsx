import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontalIcon, XIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/field";
import { usesQuery } from "@/data/artifacts";
import { flatten, projectTree } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useT } from "@/i18n";
import { type ArtifactSearch, TYPES, isNarrowed } from "@/lib/artifact-search";
import { useNarrow } from "@/lib/media";

type Changes = { [K in keyof ArtifactSearch]?: ArtifactSearch[K] | undefined };

/** Which artifacts are listed. On a phone the filters are folded away. */
export function Filters({ search, onSearch }: { search: ArtifactSearch; onSearch: (changes: Changes) => void }) {
  const t = useT();
  const narrow = useNarrow();
  const [unfolded, setUnfolded] = useState(false);
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: uses = [] } = useQuery(usesQuery);
  const languages = new Set([...uses.map(({ language }) => language), search.language ?? ""].filter(Boolean));
  const known = flatten(projectTree(projects)).map(({ project, depth }) => [project.id, `${"\u2003".repeat(depth)}${project.name}`] as const);
  const clear = () => onSearch({ type: undefined, language: undefined, project: undefined, from: undefined, to: undefined });
  const narrowed = isNarrowed({ ...search, q: undefined } as ArtifactSearch);
  return (
    <div className="flex flex-col gap-2">
      {narrow && (
        <Button variant="outline" size="small" className="self-start" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          <SlidersHorizontalIcon aria-hidden /> {t("artifacts.filters")}
        </Button>
      )}
      {(!narrow || unfolded) && (
        <fieldset className="grid min-w-0 grid-cols-2 items-end gap-x-2 gap-y-3 sm:grid-cols-3 lg:grid-cols-5">
          <legend className="sr-only">{t("artifacts.filters")}</legend>
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
          <Choose
            label={t("artifacts.filter.project")}
            any={t("artifacts.filter.project.any")}
            options={known}
            value={search.project}
            onChange={(project) => onSearch({ project })}
          />
          <Day label={t("artifacts.filter.from")} value={search.from} onChange={(from) => onSearch({ from })} />
          <Day label={t("artifacts.filter.to")} value={search.to} onChange={(to) => onSearch({ to })} />
        </fieldset>
      )}
      {narrowed && (
        <Button size="small" className="-ms-2.5 self-start text-muted" onClick={clear}>
          <XIcon aria-hidden /> {t("artifacts.filter.clear")}
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function Choose({ label, any, options, value, onChange }: ChoiceProps & { any: string; options: readonly (readonly [string, string])[] }) {
  return (
    <Field label={label}>
      {(ids) => (
        <Select {...ids} value={value ?? ""} className="w-full" onChange={(event) => onChange(event.target.value || undefined)}>
          <option value="">{any}</option>
          {options.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function Day({ label, value, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {(ids) => <Input {...ids} type="date" value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)} />}
    </Field>
  );
}
