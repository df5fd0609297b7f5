import { useQuery } from "@tanstack/react-query";
import { BotIcon, ScaleIcon, XIcon } from "lucide-react";
import type { ReactNode } from "react";

import { IconButton } from "@/components/ui/button";
import { agents as agentResource } from "@/data/agents";
import { rules as ruleResource } from "@/data/rules";
import { useT } from "@/i18n";
import type { Choices } from "@/lib/drafts";

import { withRules } from "./choices";

/** The agent and the rules that are chosen for one message. */
export default function Chosen({ choices, onChange }: { choices: Choices; onChange: (choices: Choices) => void }) {
  const t = useT();
  const { agent: agentId, ...withoutAgent } = choices;
  const chosenRules = choices.rules ?? [];
  const { data: agents = [] } = useQuery({ ...agentResource.query(), enabled: agentId !== undefined });
  const { data: rules = [] } = useQuery({ ...ruleResource.query(), enabled: chosenRules.length > 0 });
  return (
    <ul aria-label={t("composer.chosen")} className="flex flex-wrap gap-1.5 p-3 pb-0">
      {agentId !== undefined && <Chip icon={<BotIcon aria-hidden />} name={nameOf(agents, agentId)} onRemove={() => onChange(withoutAgent)} />}
      {chosenRules.map((id) => (
        <Chip
          key={id}
          icon={<ScaleIcon aria-hidden />}
          name={nameOf(rules, id)}
          onRemove={() => onChange(withRules(choices, chosenRules.filter((other) => other !== id)))}
        />
      ))}
    </ul>
  );
}

function nameOf(records: readonly { id: string; name: string }[], id: string): string {
  return records.find((record) => record.id === id)?.name ?? "…";
}

function Chip({ icon, name, onRemove }: { icon: ReactNode; name: string; onRemove: () => void }) {
  const t = useT();
  return (
    <li className="flex h-8 max-w-full items-center gap-2 rounded-full bg-accent-soft ps-3 text-sm touch:h-11 [&>svg]:size-4 [&>svg]:shrink-0">
      {icon}
      <span dir="auto" className="max-w-60 min-w-0 truncate">
        {name}
      </span>
      <IconButton label={t("composer.remove", { name })} side="top" className="rounded-full" onClick={onRemove}>
        <XIcon />
      </IconButton>
    </li>
  );
}
