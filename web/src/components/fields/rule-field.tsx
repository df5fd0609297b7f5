import { useQuery } from "@tanstack/react-query";

import { useT } from "@/components/fields/texts";
import { rules as library } from "@/data/rules";

interface Props {
  /** The ids of the chosen rules. */
  chosen: readonly string[];
  /** Which rules apply besides. */
  hint?: string | undefined;
  onChange: (chosen: string[]) => void;
}

/** Chooses rules of the library. */
export function RuleField({ chosen, hint, onChange }: Props) {
  const t = useT();
  const { data: rules } = useQuery(library.query());
  const toggle = (id: string, on: boolean) => onChange(on ? [...chosen, id] : chosen.filter((other) => other !== id));
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium">{t("fields.rules")}</legend>
      {rules?.length === 0 && <p className="text-xs text-muted">{t("fields.rules.none")}</p>}
      <div className="flex max-h-40 flex-col overflow-y-auto">
        {rules?.map(({ id, name }) => (
          <label key={id} className="flex items-center gap-2.5 rounded-lg px-2 py-1 text-sm hover:bg-hover touch:py-2.5">
            <input type="checkbox" className="size-4 accent-accent" checked={chosen.includes(id)} onChange={(event) => toggle(id, event.target.checked)} />
            <span dir="auto" className="truncate">
              {name}
            </span>
          </label>
        ))}
      </div>
      {hint && <p className="mt-1 text-xs text-muted">{hint}</p>}
    </fieldset>
  );
}
