import type { Project } from "@/api/client";
import { Field, Select } from "@/components/ui/field";
import { mayMove, projectOptions } from "@/data/project-tree";
import type { Fate } from "@/data/projects";
import { useT } from "@/i18n";

interface Props {
  /** The project that is deleted. */
  id: string;
  projects: readonly Project[];
  fate: Fate;
  onChange: (fate: Fate) => void;
}

const FATES = ["keep", "move", "delete"] as const;

/** Chooses what becomes of the conversations of a deleted project. */
export function FateField({ id, projects, fate, onChange }: Props) {
  const t = useT();
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1.5 text-sm font-medium">{t("projects.delete.conversations")}</legend>
      {FATES.map((conversations) => (
        <label key={conversations} className="flex items-start gap-2.5 rounded-lg px-2 py-1.5 text-sm hover:bg-hover touch:py-2.5">
          <input
            type="radio"
            name="fate"
            className="mt-0.5 size-4 accent-accent"
            checked={fate.conversations === conversations}
            onChange={() => onChange({ conversations })}
          />
          {t(`projects.delete.${conversations}`)}
        </label>
      ))}
      {fate.conversations === "move" && (
        <Field label={t("projects.delete.to")} quiet>
          {(ids) => (
            <Select
              {...ids}
              className="w-full"
              value={fate.to ?? ""}
              onChange={({ target: { value } }) => onChange({ conversations: "move", ...(value && { to: value }) })}
            >
              <option value="">{t("projects.delete.to.none")}</option>
              {projectOptions(projects)
                .filter(([other]) => mayMove(projects, id, other))
                .map(([other, name]) => (
                  <option key={other} value={other}>
                    {name}
                  </option>
                ))}
            </Select>
          )}
        </Field>
      )}
    </fieldset>
  );
}
