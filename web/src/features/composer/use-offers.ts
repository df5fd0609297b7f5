import { useQuery } from "@tanstack/react-query";

import type { PromptTemplate } from "@/api/client";
import { agents as agentResource } from "@/data/agents";
import { promptTemplates } from "@/data/prompt-templates";
import { type Command, commandWord, mentionIn } from "@/features/composer/commands";

interface Sources {
  readonly commands: readonly Command[];
  /** The agent whose tasks are offered. */
  readonly agentId: string | null | undefined;
  readonly onTemplate: (template: PromptTemplate) => void;
  readonly onAgent: (id: string) => void;
}

/** What the field offers: commands, tasks and templates after a slash, agents after an at sign. The library is read when it is called for. */
export function useOffers(text: string, { commands, agentId, onTemplate, onAgent }: Sources) {
  const slash = commandWord(text) !== undefined;
  const { data: agents = [] } = useQuery({ ...agentResource.query(), enabled: mentionIn(text) !== undefined });
  const { data: templates = [] } = useQuery({ ...promptTemplates.query(), enabled: slash });
  const { data: tasks = [] } = useQuery({ ...promptTemplates.query({ agent_id: agentId ?? "" }), enabled: slash && Boolean(agentId) });
  const ofTemplate = (template: PromptTemplate): Command => ({
    id: template.id,
    name: template.name,
    label: template.description || template.body,
    run: () => onTemplate(template),
  });
  return {
    commands: [...tasks.map(ofTemplate), ...templates.map(ofTemplate), ...commands],
    agents: agents.map(({ id, name, description, instructions }): Command => ({ id, name, label: description || instructions, run: () => onAgent(id) })),
  };
}
