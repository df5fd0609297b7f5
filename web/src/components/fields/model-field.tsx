import { useQuery } from "@tanstack/react-query";

import { Field, Select } from "@/components/ui/field";
import { modelsQuery } from "@/data/models";
import { useT } from "@/i18n";
import { groupBy } from "@/lib/group";

/** Selects a model; null inherits it. */
export function ModelField({ model, hint, onChoose }: { model: string | null; hint: string; onChoose: (model: string | null) => void }) {
  const t = useT();
  const { data } = useQuery(modelsQuery);
  const models = data?.items ?? [];
  const missing = model !== null && !models.some(({ name }) => name === model);
  return (
    <Field label={t("projects.model")} hint={hint}>
      {(ids) => (
        <Select {...ids} className="w-full" value={model ?? ""} onChange={(event) => onChoose(event.target.value || null)}>
          <option value="">{t("projects.model.inherited")}</option>
          {missing && <option value={model}>{model}</option>}
          {[...groupBy(models, ({ provider }) => provider)].map(([provider, ofProvider]) => (
            <optgroup key={provider} label={provider}>
              {ofProvider.map(({ name }) => (
                <option key={name} value={name}>
                  {name.slice(provider.length + 1)}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      )}
    </Field>
  );
}
