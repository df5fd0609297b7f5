import type { ReactNode } from "react";

import { SectionNav } from "@/components/section-nav";
import { useT } from "@/features/library/texts";

import { AGENTS, PROMPTS, RULES, TAGS } from "./nouns";
import { API_KEYS } from "./providers/api-keys";
import { PROVIDERS } from "./providers/providers";
import { ResourceSection } from "./resource-section";

const PAGES = {
  prompts: (deleted) => <ResourceSection key="prompts" noun={PROMPTS} deleted={deleted} />,
  agents: (deleted) => <ResourceSection key="agents" noun={AGENTS} deleted={deleted} />,
  rules: (deleted) => <ResourceSection key="rules" noun={RULES} deleted={deleted} />,
  tags: (deleted) => <ResourceSection key="tags" noun={TAGS} deleted={deleted} />,
  providers: (deleted) => <ResourceSection key="providers" noun={PROVIDERS} deleted={deleted} />,
  "api-keys": (deleted) => <ResourceSection key="api-keys" noun={API_KEYS} deleted={deleted} />,
} as const satisfies Record<string, (deleted: boolean) => ReactNode>;

type PageName = keyof typeof PAGES;

/** What a user sets up once for many conversations: one page per noun, selected by the URL. */
export function LibraryPage({ page, deleted }: { page: string | undefined; deleted: boolean }) {
  const t = useT();
  const current: PageName = page && page in PAGES ? (page as PageName) : "prompts";
  const sections = (Object.keys(PAGES) as PageName[]).map((name) => ({ name, title: t(`library.${name}.title`) }));
  return (
    <>
      <title>{`${t(`library.${current}.title`)} · ${t("app.name")}`}</title>
      <SectionNav title={t("library.title")} to="/library/{-$page}" sections={sections} current={current}>
        {PAGES[current](deleted)}
      </SectionNav>
    </>
  );
}
