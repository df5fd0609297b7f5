import { useQuery } from "@tanstack/react-query";
import { ChevronDownIcon } from "lucide-react";
import { Suspense, useRef, useState } from "react";

import type { Agent } from "@/api/client";
import { Button } from "@/components/ui/button";
import { agents as agentResource } from "@/data/agents";
import { modelTitle, modelsQuery } from "@/data/models";
import { useT } from "@/i18n";
import { lazyComponent } from "@/lib/lazy";
import { prefer } from "@/lib/preferences";

const ModelPopover = lazyComponent(() => import("@/features/models/model-popover"));

/** Selects the model, or with `multiple` several. An empty selection means the default. */
export function ModelPicker({
  value,
  onChange,
  multiple = false,
  agentId,
  onAgent,
  fallback,
  open: shown,
  onOpenChange,
  onTalk,
}: {
  value: readonly string[];
  onChange: (value: readonly string[]) => void;
  multiple?: boolean;
  /** The agent that the conversation is held with; null for a model alone. */
  agentId?: string | null | undefined;
  /** Without it, agents are not listed. */
  onAgent?: (agent: Agent) => void;
  /** The default model, such as a project's; if undefined, the server's. */
  fallback?: string | null | undefined;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** Opens the dialog for a model-to-model conversation. */
  onTalk?: () => void;
}) {
  const t = useT();
  const button = useRef<HTMLButtonElement>(null);
  const { data } = useQuery(modelsQuery);
  const [opened, setOpened] = useState(false);
  const open = shown ?? opened;
  const show = onOpenChange ?? setOpened;
  const defaultModel = fallback ?? data?.default;
  const chosen = value.length > 0 ? value : defaultModel ? [defaultModel] : [];
  const [first = ""] = chosen;
  const { data: agents } = useQuery({ ...agentResource.query(), enabled: Boolean(agentId) });
  const agent = agents?.find(({ id }) => id === agentId);
  const label = agent && chosen.length < 2 ? agent.name : chosen.length > 1 ? t("models.several", { count: chosen.length }) : first ? modelTitle(first, t) : data ? t("models.none") : "…";
  return (
    <>
      <Button
        ref={button}
        size="small"
        className="min-w-0 shrink text-muted"
        aria-label={t("models.choose", { name: label })}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => show(!open)}
      >
        <span className="truncate">{label}</span>
        <ChevronDownIcon aria-hidden />
      </Button>
      <Suspense>
        {open && (
          <ModelPopover
            anchor={button}
            chosen={chosen}
            multiple={multiple}
            agentId={agent?.id}
            onAgent={
              onAgent &&
              ((other) => {
                onAgent(other);
                show(false);
              })
            }
            onClose={() => show(false)}
            onTalk={
              onTalk &&
              (() => {
                show(false);
                button.current?.focus();
                onTalk();
              })
            }
            onChoose={(models, done) => {
              onChange(models);
              const [only] = models;
              if (done && only) prefer({ lastModel: only });
              if (done) show(false);
            }}
          />
        )}
      </Suspense>
    </>
  );
}
