import { useQuery } from "@tanstack/react-query";
import { ServerIcon } from "lucide-react";

import { providerTitle } from "@/data/models";
import { environmentProvidersQuery } from "@/data/providers";
import { useT } from "@/features/library/texts";

import { Summary } from "../summary";

/** The names of the providers that need no configuration. */
const BUILT_IN = new Set(["echo", "local"]);

/** The providers that the server's environment configures, which the app does not change. */
export function EnvironmentProviders() {
  const t = useT();
  const { data: providers = [] } = useQuery(environmentProvidersQuery);
  if (providers.length === 0) return null;
  const badge = (name: string, expected: boolean) => {
    if (BUILT_IN.has(name)) return t("library.providers.environment.builtIn");
    return t(expected ? "library.providers.environment.badge" : "library.providers.environment.sought");
  };
  return (
    <section aria-label={t("library.providers.environment")} className="mt-4 flex flex-col gap-3">
      <div>
        <h3 className="text-sm font-semibold">{t("library.providers.environment")}</h3>
        <p className="mt-1 text-sm text-muted">{t("library.providers.environment.hint")}</p>
      </div>
      <ul aria-label={t("library.providers.environment")} className="divide-y divide-line overflow-hidden rounded-xl border bg-raised">
        {providers.map(({ name, base_url: url, expected }) => (
          <li key={name} className="flex min-h-11 items-center gap-3 px-4 py-2 text-sm">
            <Summary whole icon={<ServerIcon aria-hidden />} name={providerTitle(name, t)} detail={url ?? ""} badge={badge(name, expected)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
