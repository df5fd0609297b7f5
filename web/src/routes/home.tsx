import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { FolderIcon, HourglassIcon, ScrollTextIcon, XIcon } from "lucide-react";
import { Suspense, useEffect, useState } from "react";

import type { Part, Project } from "@/api/client";
import { PageHeader } from "@/components/page-header";
import { Button, IconButton } from "@/components/ui/button";
import { meQuery } from "@/data/me";
import { modelsQuery } from "@/data/models";
import { sendPrompt } from "@/data/outbox";
import { modelOf } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useCommonCommands } from "@/features/composer/common-commands";
import { Composer } from "@/features/composer/composer";
import { ModelPicker } from "@/features/models/model-picker";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { type Choices, drafts } from "@/lib/drafts";
import { homeSearch } from "@/lib/address-search";
import { newId } from "@/lib/ids";
import { lazyComponent } from "@/lib/lazy";
import { usePreferences } from "@/lib/preferences";

const SystemPromptDialog = lazyComponent(() => import("@/features/models/system-prompt-dialog"));
const DialogueDialog = lazyComponent(() => import("@/features/models/dialogue-dialog"));

/** The start page. A new conversation gets its id here, so that it can be shown before the server has it. */
export function Home() {
  const { project } = useSearch({ from: "/", select: homeSearch });
  return <NewConversation key={project} projectId={project ?? null} />;
}

function NewConversation({ projectId }: { projectId: string | null }) {
  const t = useT();
  const navigate = useNavigate();
  const draftKey = projectId ? `new ${projectId}` : "new";
  usePrefill(draftKey);
  const { data: projects } = useQuery(projectsQuery);
  const project = projects?.find(({ id }) => id === projectId);
  const defaultModel = useDefaultModel(modelOf(projects ?? [], projectId));
  const [chosen, choose] = useState<readonly string[]>();
  const [agentId, chooseAgent] = useState<string>();
  const [system, setSystem] = useState("");
  const [temporary, setTemporary] = useState(false);
  const [dialog, show] = useState<"model" | "system" | "talk">();
  const [id, renew] = useState(() => newId());
  const close = () => show(undefined);

  const models = chosen ?? (defaultModel.preferred ? [defaultModel.preferred] : []);
  const [model] = models;
  const create = {
    ...(model && { model }),
    ...(agentId && { agent_id: agentId }),
    ...(system && { system }),
    ...(project && { project_id: project.id }),
    ...(temporary && { temporary }),
  };
  const go = () => void navigate({ to: "/c/$conversationId", params: { conversationId: id } });
  const onSay = (parts: Part[], choices: Choices) => {
    void sendPrompt({ id: newId(), conversationId: id, create, parts, choices, models: models.length > 1 ? models : [] });
    renew(newId());
    go();
  };
  const commands = [
    ...useCommonCommands(show).filter(({ name }) => name !== "new"),
    { name: "temporary", label: t("command.temporary"), run: () => setTemporary(!temporary) },
  ];

  return (
    <>
      <title>{t("app.name")}</title>
      <PageHeader>
        <Button
          size="small"
          aria-pressed={temporary}
          className={cn("ms-auto", temporary ? "bg-accent-soft" : "text-muted")}
          onClick={() => setTemporary(!temporary)}
        >
          <HourglassIcon aria-hidden /> {t("home.temporary")}
        </Button>
      </PageHeader>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <div className="m-auto flex w-full max-w-thread flex-col gap-6 px-4 pt-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:pb-[14dvh]">
          <div className="flex flex-col gap-3 text-center">
            <Greeting />
            {temporary && <p className="text-sm text-balance text-muted">{t("home.temporary.hint")}</p>}
          </div>
          <div className="flex flex-col gap-2">
            {project && <ProjectBadge project={project} />}
            <Composer
              draftKey={draftKey}
              running={false}
              autoFocus
              commands={commands}
              agentId={agentId}
              onSay={onSay}
              onStop={close}
              controls={
                <>
                  <ModelPicker
                    multiple
                    value={models}
                    fallback={defaultModel.fallback}
                    onChange={(some) => {
                      choose(some);
                      if (some.length === 1) chooseAgent(undefined);
                    }}
                    agentId={agentId}
                    onAgent={(agent) => {
                      chooseAgent(agent.id);
                      choose([]);
                    }}
                    open={dialog === "model"}
                    onOpenChange={(open) => show(open ? "model" : undefined)}
                    onTalk={() => show("talk")}
                  />
                  <Button size="small" className="text-muted" aria-pressed={system !== ""} onClick={() => show("system")}>
                    <ScrollTextIcon aria-hidden className={system ? "text-accent" : ""} />
                    <span className="sr-only sm:not-sr-only">{t("home.systemPrompt")}</span>
                  </Button>
                </>
              }
            />
          </div>
        </div>
      </div>
      <Suspense>
        {dialog === "system" && <SystemPromptDialog value={system} projectId={projectId} onSave={setSystem} onClose={close} />}
        {dialog === "talk" && <DialogueDialog conversationId={id} create={create} first={model} onStarted={go} onClose={close} />}
      </Suspense>
    </>
  );
}

/** The default model: the project's, else the most recent one, else the server's. */
function useDefaultModel(own: string | undefined) {
  const { data } = useQuery(modelsQuery);
  const last = usePreferences((state) => state.lastModel);
  const isListed = data?.items.some(({ name }) => name === last);
  return { fallback: own, preferred: own === undefined && isListed ? last : undefined };
}

/** A text in the URL pre-fills the message; it is never sent automatically, because anyone can create a link. */
function usePrefill(draftKey: string): void {
  const { q, project } = useSearch({ from: "/", select: homeSearch });
  const navigate = useNavigate({ from: "/" });
  useEffect(() => {
    if (q === undefined) return;
    const { text } = drafts.get(draftKey);
    if (!text.endsWith(q)) drafts.change(draftKey, { text: text ? `${text}\n\n${q}` : q });
    void navigate({ search: project ? { project } : {}, replace: true });
  }, [draftKey, q, project, navigate]);
}

function partOfDay(hour: number): "night" | "morning" | "day" | "evening" {
  if (hour < 5) return "night";
  if (hour < 12) return "morning";
  return hour < 18 ? "day" : "evening";
}

function Greeting() {
  const t = useT();
  const { data } = useQuery(meQuery);
  const [part] = useState(() => partOfDay(new Date().getHours()));
  const text = t(`home.${part}`);
  return (
    <h1 className="font-serif text-3xl text-balance wrap-break-word">
      {data?.name ? t("home.named", { greeting: text, name: data.name }) : text}
    </h1>
  );
}

function ProjectBadge({ project }: { project: Project }) {
  const t = useT();
  return (
    <p className="flex max-w-full items-center self-start rounded-full bg-accent-soft ps-3 text-sm">
      <Link to="/projects/$projectId" params={{ projectId: project.id }} className="flex min-w-0 items-center gap-2 py-1 hover:underline">
        <FolderIcon aria-hidden className="size-4 shrink-0" />
        <span className="truncate">{project.name}</span>
      </Link>
      <IconButton label={t("home.leaveProject")} className="rounded-full" asChild>
        <Link to="/">
          <XIcon />
        </Link>
      </IconButton>
    </p>
  );
}
