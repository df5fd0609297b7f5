import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessagesSquareIcon, Settings2Icon } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";

import type { Agent } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Input, Switch } from "@/components/ui/field";
import { Spinner } from "@/components/ui/state";
import { MOST_MODELS, modelsQuery, providerTitle } from "@/data/models";
import { type ModelGroup, groupModels, toggled } from "@/features/models/grouping";
import { AgentRows } from "@/features/models/agent-rows";
import { Group } from "@/features/models/group";
import { ModelRow } from "@/features/models/model-row";
import { type Translate, useT } from "@/i18n";
import { useTouch } from "@/lib/media";
import { explain } from "@/lib/notice";
import { prefer, usePreferences } from "@/lib/preferences";
import { composes } from "@/lib/shortcuts";

/** A searchable list of models with arrow key navigation. */
export function ModelList({
  chosen,
  multiple,
  agentId,
  onChoose,
  onAgent,
  onTalk,
}: {
  chosen: readonly string[];
  multiple: boolean;
  agentId?: string | undefined;
  /** Chooses an agent; without it, none are listed. */
  onAgent?: ((agent: Agent) => void) | undefined;
  /** `done` is true when the selection is complete. */
  onChoose: (models: readonly string[], done: boolean) => void;
  /** Opens the dialog for a model-to-model conversation. */
  onTalk?: (() => void) | undefined;
}) {
  const t = useT();
  const { data, error } = useQuery({ ...modelsQuery, refetchOnMount: "always" }); // a model server may have started since
  const { favouriteModels: favourites, lastModel: last } = usePreferences();
  const touch = useTouch();
  const [query, setQuery] = useState("");
  // Keep the initial order while the list is open.
  const [liking] = useState({ favourites, last });
  const [several, setSeveral] = useState(chosen.length > 1);
  const list = useRef<HTMLDivElement>(null);
  const groups = groupModels(data?.items ?? [], query, liking);

  const choose = (name: string) => (several ? onChoose(toggled(chosen, name, MOST_MODELS), false) : onChoose([name], true));
  const like = (name: string) =>
    prefer({ favouriteModels: favourites.includes(name) ? favourites.filter((other) => other !== name) : [...favourites, name] });

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const field = event.target instanceof HTMLInputElement && event.target.type === "search";
    if (step) {
      const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
      const at = rows.findIndex((row) => row.parentElement?.contains(document.activeElement));
      event.preventDefault();
      if (at + step < 0) list.current?.querySelector<HTMLElement>("[type=search]")?.focus();
      else rows[Math.min(at + step, rows.length - 1)]?.focus();
    } else if (event.key === "Enter" && field && query !== "" && !composes(event.nativeEvent)) {
      const [best] = groups.flatMap((group) => group.models);
      event.preventDefault();
      if (best) choose(best.name);
    }
  };

  return (
    <div ref={list} role="presentation" onKeyDown={onKeyDown} className="flex min-h-0 flex-col">
      <div className="border-b p-2">
        <Input
          type="search"
          autoFocus={!touch}
          value={query}
          placeholder={t("models.search")}
          aria-label={t("models.search")}
          className="border-transparent bg-transparent [&::-webkit-search-cancel-button]:hidden"
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-1">
        {error && !data && <p role="alert" className="p-3 text-sm text-danger">{explain(error)}</p>}
        {!data && !error && <Spinner className="m-3" />}
        {data && groups.length === 0 && <p className="p-3 text-sm text-muted">{t(query ? "models.notFound" : "models.empty")}</p>}
        {data?.failures.map(({ provider, message }) => (
          <p key={provider} className="px-2.5 py-1.5 text-xs text-muted">
            {t("models.listFailed", { provider: providerTitle(provider, t), reason: message })}
          </p>
        ))}
        {onAgent && !several && <AgentRows query={query} chosen={agentId} onChoose={onAgent} />}
        {groups.map((group) => (
          <Group key={group.kind + group.provider} title={groupTitle(group, t)}>
            {group.models.map((model) => (
              <ModelRow
                key={model.name}
                model={model}
                standard={model.name === data?.default}
                chosen={chosen.includes(model.name) && (several || agentId === undefined)}
                several={several}
                full={chosen.length >= MOST_MODELS}
                favourite={favourites.includes(model.name)}
                onChoose={() => choose(model.name)}
                onLike={() => like(model.name)}
              />
            ))}
          </Group>
        ))}
      </div>
      {multiple && (
        <Several
          several={several}
          onChange={(value) => {
            setSeveral(value);
            if (!value && chosen.length > 1) onChoose(chosen.slice(0, 1), false);
          }}
        />
      )}
      <div className="flex flex-col border-t p-1">
        {onTalk && (
          <Button className="justify-between px-3 font-normal" onClick={onTalk}>
            {t("models.dialogue")} <MessagesSquareIcon aria-hidden className="text-muted" />
          </Button>
        )}
        <Button asChild className="justify-between px-3 font-normal">
          <Link to="/library/{-$page}" params={{ page: "providers" }} search={{}}>
            {t("models.manage")} <Settings2Icon aria-hidden className="text-muted" />
          </Link>
        </Button>
      </div>
    </div>
  );
}

function groupTitle({ kind, provider }: ModelGroup, t: Translate): string {
  if (kind === "provider") return providerTitle(provider, t);
  return t(`models.${kind}`);
}

function Several({ several, onChange }: { several: boolean; onChange: (several: boolean) => void }) {
  const t = useT();
  return (
    <label className="flex items-center justify-between gap-4 border-t px-4 py-2.5 text-sm touch:py-3.5">
      <span>
        {t("models.compare")}
        {several && <span className="block text-xs text-muted">{t("models.compare.limit", { count: MOST_MODELS })}</span>}
      </span>
      <Switch checked={several} onCheckedChange={onChange} />
    </label>
  );
}
