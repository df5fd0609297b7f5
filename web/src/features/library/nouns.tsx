/** How the nouns of the library are shown. */
import { useQuery } from "@tanstack/react-query";
import { BotIcon, ScaleIcon, TagIcon, TextQuoteIcon } from "lucide-react";

import type { Agent, PromptTemplate, Rule, Tag } from "@/api/client";
import { TagDot } from "@/components/tag-dot";
import { type AgentValues, agents } from "@/data/agents";
import { meQuery } from "@/data/me";
import { modelTitle } from "@/data/models";
import { type PromptTemplateValues, promptTemplates } from "@/data/prompt-templates";
import { type RuleValues, rules } from "@/data/rules";
import { type TagValues, tags } from "@/data/tags";
import { useT } from "@/features/library/texts";

import { AgentEditor } from "./agent-editor";
import { PromptEditor } from "./prompt-editor";
import type { Noun } from "./resource-section";
import { RuleEditor } from "./rule-editor";
import { Summary } from "./summary";
import { TagEditor } from "./tag-editor";
import { Tasks, TrashedTasks } from "./tasks";

export const PROMPTS: Noun<PromptTemplate, PromptTemplateValues> = {
  name: "prompts",
  resource: promptTemplates,
  icon: <TextQuoteIcon aria-hidden />,
  Summary: PromptSummary,
  Editor: PromptEditor,
  mayChange: isOf,
};

export const AGENTS: Noun<Agent, AgentValues> = {
  name: "agents",
  resource: agents,
  icon: <BotIcon aria-hidden />,
  Summary: AgentSummary,
  Editor: AgentEditor,
  Below: Tasks,
  FurtherTrash: TrashedTasks,
};

export const RULES: Noun<Rule, RuleValues> = {
  name: "rules",
  resource: rules,
  icon: <ScaleIcon aria-hidden />,
  Summary: RuleSummary,
  Editor: RuleEditor,
};

export const TAGS: Noun<Tag, TagValues> = {
  name: "tags",
  resource: tags,
  icon: <TagIcon aria-hidden />,
  Summary: TagSummary,
  Editor: TagEditor,
};

function isOf({ owner_id: owner }: PromptTemplate, user: string | undefined): boolean {
  return owner === user;
}

function PromptSummary({ record }: { record: PromptTemplate }) {
  const t = useT();
  const { data: me } = useQuery(meQuery);
  const badge = record.public && t(isOf(record, me?.id) ? "library.prompt.public.badge" : "library.prompt.public.others");
  return <Summary icon={PROMPTS.icon} name={record.name} detail={record.description || record.body} badge={badge} />;
}

function AgentSummary({ record: { name, description, instructions, model } }: { record: Agent }) {
  const t = useT();
  return <Summary icon={AGENTS.icon} name={name} detail={description || instructions} badge={model && modelTitle(model, t)} />;
}

function RuleSummary({ record: { name, text, always } }: { record: Rule }) {
  const t = useT();
  return <Summary icon={RULES.icon} name={name} detail={text} badge={always && t("library.rule.always.badge")} />;
}

function TagSummary({ record: { name, color } }: { record: Tag }) {
  return <Summary icon={<TagDot color={color} />} name={name} />;
}
