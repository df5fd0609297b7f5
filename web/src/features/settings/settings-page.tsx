import { Link } from "@tanstack/react-router";
import { LibraryIcon } from "lucide-react";
import type { ReactNode } from "react";

import { SECTION_LINK, SectionNav } from "@/components/section-nav";

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

type PageName = keyof typeof PAGES;

/** The settings: one page per section, selected by the URL. */
export function SettingsPage({ page }: { page: string | undefined }) {
  const t = useT();
  const current: PageName = page && page in PAGES ? (page as PageName) : "appearance";
  const sections = (Object.keys(PAGES) as PageName[]).map((name) => ({ name, title: t(PAGES[name].title) }));
  const library = (
    <li className="md:mt-2 md:border-t md:pt-2">
      <Link to="/library/{-$page}" params={{ page: undefined }} search={{}} className={SECTION_LINK}>
        <LibraryIcon aria-hidden className="size-4 text-muted" /> {t("library.title")}
      </Link>
    </li>
  );
  return (
    <SectionNav title={t("settings.title")} to="/settings/{-$page}" sections={sections} current={current} further={library}>
      {PAGES[current].content}
    </SectionNav>
  );
}
