import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Appearance } from "./appearance";
import { Data } from "./data";
import { Models } from "./models";
import { Sessions } from "./sessions";
import { Shortcuts } from "./shortcuts";
import { Statistics } from "./statistics";
import { useT } from "@/features/settings/texts";

const PAGES = {
  appearance: { title: "settings.appearance", content: <Appearance /> },
  models: { title: "settings.models", content: <Models /> },
  statistics: { title: "settings.statistics", content: <Statistics /> },
  shortcuts: { title: "settings.shortcuts", content: <Shortcuts /> },
  data: { title: "settings.data", content: <Data /> },
  sessions: { title: "settings.sessions", content: <Sessions /> },
} as const satisfies Record<string, { title: string; content: ReactNode }>;

/** The settings: one page per section, selected by the URL. */
export function SettingsPage({ page }: { page: string | undefined }) {
  const t = useT();
  const chosen = page && page in PAGES ? (page as keyof typeof PAGES) : "appearance";
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-4xl flex-col gap-6 px-4 pt-14 pb-16 sm:px-8 md:flex-row md:gap-10">
        <nav aria-label={t("settings.title")} className="md:w-44 md:shrink-0">
          <h1 className="mb-3 px-3 text-lg font-semibold">{t("settings.title")}</h1>
          <ul className="flex flex-wrap gap-1 md:flex-col">
            {Object.entries(PAGES).map(([name, { title }]) => (
              <li key={name}>
                <Link
                  to="/settings/{-$page}"
                  params={{ page: name }}
                  aria-current={name === chosen ? "page" : undefined}
                  className="flex items-center rounded-lg px-3 py-1.5 text-sm hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium touch:py-2.5"
                >
                  {t(title)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="min-w-0 flex-1">{PAGES[chosen].content}</div>
      </div>
    </div>
  );
}
