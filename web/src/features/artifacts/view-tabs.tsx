import { Tabs } from "radix-ui";

import { useT } from "@/features/artifacts/texts";

export type View = "preview" | "code" | "history";

/** The views of an artifact. */
export function ViewTabs({ views }: { views: readonly View[] }) {
  const t = useT();
  return (
    <Tabs.List aria-label={t("artifacts.views")} className="flex w-fit rounded-lg bg-hover p-0.5">
      {views.map((name) => (
        <Tabs.Trigger
          key={name}
          value={name}
          className="rounded-md px-3 py-1 text-sm text-muted hover:text-foreground data-[state=active]:bg-raised data-[state=active]:text-foreground data-[state=active]:shadow-sm touch:min-h-11"
        >
          {t(`artifacts.${name}`)}
        </Tabs.Trigger>
      ))}
    </Tabs.List>
  );
}
