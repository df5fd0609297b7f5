import { useState } from "react";

import type { ProviderModel } from "@/api/client";
import { Input } from "@/components/ui/field";
import { type Translate, useT } from "@/features/library/texts";
import { tokenCount } from "@/features/models/grouping";
import { useLanguage } from "@/i18n";

/** From how many models on they can be searched. */
const MANY = 8;

interface Props {
  /** The models when they were last fetched. */
  models: readonly ProviderModel[];
  /** The names of the chosen ones; undefined: all. */
  chosen: readonly string[] | undefined;
  error: string | undefined;
  onChange: (chosen: readonly string[] | undefined) => void;
}

/** Which models of a provider are offered: all, or those picked from its list. */
export function ChosenModelsField({ models, chosen, error, onChange }: Props) {
  const t = useT();
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1.5 text-sm font-medium">{t("library.provider.chosen")}</legend>
      <label className="flex items-center gap-2.5 text-sm touch:py-2.5">
        <input type="radio" name="offered" className="size-4 accent-accent" checked={!chosen} onChange={() => onChange(undefined)} />
        {t("library.provider.chosen.all")}
      </label>
      <label className="flex items-center gap-2.5 text-sm touch:py-2.5">
        <input type="radio" name="offered" className="size-4 accent-accent" checked={chosen !== undefined} onChange={() => onChange([])} />
        {t("library.provider.chosen.some")}
      </label>
      {chosen && <ModelChoices models={models} chosen={chosen} onChange={onChange} />}
      {error && (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function ModelChoices({ models, chosen, onChange }: Omit<Props, "error"> & { chosen: readonly string[] }) {
  const t = useT();
  const language = useLanguage();
  const [query, setQuery] = useState("");
  // Chosen ones stay at their place, and are listed even if the provider does not list them any more.
  const [gone] = useState(() => chosen.filter((name) => models.every((model) => model.name !== name)));
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const listed: readonly (Pick<ProviderModel, "name"> & Partial<ProviderModel>)[] = [...models, ...gone.map((name) => ({ name }))];
  const matches = listed.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  if (listed.length === 0) return <p className="text-xs text-muted">{t("library.provider.chosen.empty")}</p>;
  return (
    <div className="mt-1 flex min-w-0 flex-col gap-2">
      {listed.length >= MANY && (
        <Input type="search" aria-label={t("models.search")} placeholder={t("models.search")} value={query} onChange={(event) => setQuery(event.target.value)} />
      )}
      <div className="flex max-h-60 flex-col overflow-y-auto rounded-xl border p-1">
        {matches.map((model) => (
          <label key={model.name} className="flex items-center gap-2.5 rounded-lg px-2 py-1 text-sm hover:bg-hover touch:py-2.5">
            <input
              type="checkbox"
              aria-label={model.name}
              className="size-4 shrink-0 accent-accent"
              checked={chosen.includes(model.name)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, model.name] : chosen.filter((name) => name !== model.name))}
            />
            <span className="min-w-0">
              <span className="block truncate">{model.name}</span>
              <span className="block text-xs text-muted">{factsOf(model, t, language)}</span>
            </span>
          </label>
        ))}
        {matches.length === 0 && <p className="p-2 text-sm text-muted">{t("models.notFound")}</p>}
      </div>
      <p className="text-xs text-muted">{t("library.provider.chosen.count", { count: chosen.length })}</p>
    </div>
  );
}

function factsOf({ context_tokens: tokens, price_in: input, price_out: output }: Partial<ProviderModel>, t: Translate, language: string): string {
  const dollars = (price: number) => price.toLocaleString(language, { style: "currency", currency: "USD", maximumFractionDigits: 3 });
  const facts = [
    tokens != null && t("models.context", { tokens: tokenCount(tokens, language) }),
    input != null && output != null && t("library.provider.price", { input: dollars(input), output: dollars(output) }),
  ];
  return facts.filter(Boolean).join(" · ");
}
