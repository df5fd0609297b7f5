import { useQuery } from "@tanstack/react-query";
import { BotIcon, CheckIcon } from "lucide-react";

import type { Agent } from "@/api/client";
import { agents as resource } from "@/data/agents";
import { Group } from "@/features/models/group";
import { useT } from "@/i18n";

interface Props {
  query: string;
  /** The id of the agent that the conversation is held with. */
  chosen: string | undefined;
  onChoose: (agent: Agent) => void;
}

/** The agents whose name or description has every word of a query. */
export function AgentRows({ query, chosen, onChoose }: Props) {
  const t = useT();
  const { data: agents = [] } = useQuery(resource.query());
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = agents.filter(({ name, description }) => words.every((word) => `${name} ${description}`.toLowerCase().includes(word)));
  if (matches.length === 0) return null;
  return (
    <Group title={t("models.agents")}>
      {matches.map((agent) => (
        <li key={agent.id} className="rounded-lg focus-within:bg-hover hover:bg-hover">
          <button
            type="button"
            data-row
            aria-pressed={agent.id === chosen}
            onClick={() => onChoose(agent)}
            className="flex w-full min-w-0 items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-start text-sm touch:py-2.5"
          >
            {agent.id === chosen ? <CheckIcon aria-hidden className="size-4 shrink-0" /> : <BotIcon aria-hidden className="size-4 shrink-0 text-muted" />}
            <span className="min-w-0 flex-1">
              <span dir="auto" className="block truncate font-medium">
                {agent.name}
              </span>
              {agent.description && <span className="block truncate text-xs text-muted">{agent.description}</span>}
            </span>
          </button>
        </li>
      ))}
    </Group>
  );
}
