import { useQuery } from "@tanstack/react-query";
import { StarIcon } from "lucide-react";

import { IconButton } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/state";
import { modelDescription, modelsQuery } from "@/data/models";
import { Section } from "./section";
import { useT } from "@/features/settings/texts";
import { cn } from "@/lib/cn";
import { explain } from "@/lib/notice";
import { prefer, usePreferences } from "@/lib/preferences";

/** The available models and the user's favourites. */
export function Models() {
  const t = useT();
  const { data, error } = useQuery(modelsQuery);
  const favourites = usePreferences((state) => state.favouriteModels);
  const toggle = (name: string) =>
    prefer({ favouriteModels: favourites.includes(name) ? favourites.filter((other) => other !== name) : [...favourites, name] });
  return (
    <Section title={t("settings.models")} hint={t("settings.models.hint")}>
      {error && <p role="alert" className="text-sm text-danger">{explain(error)}</p>}
      {!data && !error && <Skeleton className="h-24" />}
      <ul className="flex flex-col">
        {data?.items.map((model) => {
          const description = modelDescription(model, t);
          const favourite = favourites.includes(model.name);
          return (
            <li key={model.name} className="flex items-center gap-3 border-b py-2 last:border-b-0">
              <div className="min-w-0 flex-1 text-sm">
                <p className="truncate font-medium">
                  {model.name}
                  {model.name === data.default && (
                    <span className="ms-2 rounded-full bg-accent-soft px-2 py-0.5 text-xs font-normal">{t("settings.models.default")}</span>
                  )}
                </p>
                {description && <p className="text-xs text-muted">{description}</p>}
              </div>
              <IconButton
                label={t("settings.models.favourite", { name: model.name })}
                aria-pressed={favourite}
                onClick={() => toggle(model.name)}
              >
                <StarIcon className={cn(favourite && "fill-current text-accent")} />
              </IconButton>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
