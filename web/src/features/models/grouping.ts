/** The order and grouping of models. */
import type { Model } from "@/api/client";

export interface ModelGroup {
  readonly kind: "favourites" | "recent" | "provider" | "other";
  readonly provider: string;
  readonly models: readonly Model[];
}

interface ModelPreferences {
  readonly favourites: readonly string[];
  readonly last: string | undefined;
}

/**
 * The models that match every word of a query: favourites, the most recent one, by provider, and those without chat. The
 * providers keep the order of the models.
 */
export function groupModels(models: readonly Model[], query: string, { favourites, last }: ModelPreferences): readonly ModelGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = models.filter((model) => {
    const searchText = `${model.name} ${model.provider} ${model.description}`.toLowerCase();
    return words.every((word) => searchText.includes(word));
  });
  const rank = ({ name }: Model) => favourites.indexOf(name);
  const favouriteModels = matches.filter((model) => rank(model) >= 0).toSorted((a, b) => rank(a) - rank(b));
  const recent = matches.filter((model) => model.name === last && rank(model) < 0);
  const others = matches.filter((model) => !favouriteModels.includes(model) && !recent.includes(model));
  const rest = others.filter(({ chat }) => chat);
  const providers = [...new Set(rest.map(({ provider }) => provider))];
  const groups: ModelGroup[] = [
    { kind: "favourites", provider: "", models: favouriteModels },
    { kind: "recent", provider: "", models: recent },
    ...providers.map((provider): ModelGroup => ({
      kind: "provider",
      provider,
      models: rest.filter((model) => model.provider === provider).toSorted(byName),
    })),
    { kind: "other", provider: "", models: others.filter(({ chat }) => !chat).toSorted(byName) },
  ];
  return groups.filter((group) => group.models.length > 0);
}

function byName(a: Model, b: Model): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}

/** The selection with a model added or removed; the last one stays. */
export function toggled(chosen: readonly string[], name: string, most: number): readonly string[] {
  if (!chosen.includes(name)) return chosen.length < most ? [...chosen, name] : chosen;
  return chosen.length > 1 ? chosen.filter((other) => other !== name) : chosen;
}

/** A compact number of tokens, such as "128k". */
export function tokenCount(tokens: number, language: string): string {
  return tokens.toLocaleString(language, { notation: "compact", maximumFractionDigits: 1 });
}
