import { ChevronRightIcon, PlusIcon } from "lucide-react";

import { IconButton } from "@/components/ui/button";
import { type Translate, useLanguage, useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { overlay } from "@/lib/overlays";
import { monthName } from "@/lib/time";

import type { Section } from "./rows";
import { sidebar, useSidebar } from "./state";

const NAMES = {
  projects: "sidebar.projects",
  pinned: "sidebar.pinned",
  today: "sidebar.today",
  yesterday: "sidebar.yesterday",
  week: "sidebar.week",
  month: "sidebar.month",
} as const;

export function sectionName(section: Section, t: Translate, language: string): string {
  return section in NAMES ? t(NAMES[section as keyof typeof NAMES]) : monthName(section, language);
}

export function Heading({ section, target }: { section: Section; target: boolean }) {
  const t = useT();
  const language = useLanguage();
  if (section === "projects") return <ProjectsHeading target={target} />;
  return <h2 className="flex h-full items-end px-4.5 pb-1.5 text-xs font-medium text-muted">{sectionName(section, t, language)}</h2>;
}

function ProjectsHeading({ target }: { target: boolean }) {
  const t = useT();
  const shown = useSidebar((state) => state.projectsShown);
  return (
    <div
      className={cn(
        "mx-2 flex h-full items-center justify-between rounded-lg ps-2.5 pe-1 text-xs font-medium text-muted",
        target && "outline-2 -outline-offset-2 outline-focus",
      )}
    >
      <h2>
        <button
          type="button"
          aria-expanded={shown}
          className="flex items-center gap-1 rounded-md hover:text-foreground touch:h-11"
          onClick={() => sidebar({ projectsShown: !shown })}
        >
          {t("sidebar.projects")}
          <ChevronRightIcon aria-hidden className={cn("size-3 transition-transform rtl:-scale-x-100", shown && "rotate-90")} />
        </button>
      </h2>
      <IconButton label={t("projects.new")} className="size-7 touch:size-11" onClick={() => overlay({ project: { parentId: null } })}>
        <PlusIcon />
      </IconButton>
    </div>
  );
}
