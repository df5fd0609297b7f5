import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";

import { type Agent, type Part, Refused } from "@/api/client";
import { NotFound } from "@/app/not-found";
import { branchesQuery, useSwitchBranch } from "@/data/branches";
import { conversationQuery, knownConversation, useUpdateConversation } from "@/data/conversations";
import { sendPrompt, useOutbox } from "@/data/outbox";
import { modelOf } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useRunningIn, useStopRuns } from "@/data/runs";
import { useCommonCommands } from "@/features/composer/common-commands";
import { Composer } from "@/features/composer/composer";
import { ModelMenuItems } from "@/features/models/model-menu-items";
import { ModelPicker } from "@/features/models/model-picker";
import { Thread, type ThreadHandle } from "@/features/thread/thread";
import { type Panel, ThreadHeader } from "@/features/thread/thread-header";
import { useT } from "@/i18n";
import { threadSearch } from "@/lib/address-search";
import type { Choices } from "@/lib/drafts";
import { newId } from "@/lib/ids";
import { lazyComponent } from "@/lib/lazy";
import { useArtifact, useArtifactSlots } from "@/routes/use-artifact";

const ArtifactPanel = lazyComponent(() => import("@/features/artifacts/panel"));
const BranchMap = lazyComponent(() => import("@/features/thread/branch-map"));
const SystemPromptDialog = lazyComponent(() => import("@/features/models/system-prompt-dialog"));
const DialogueDialog = lazyComponent(() => import("@/features/models/dialogue-dialog"));

const modelMenu = (onPick: (model: string) => void) => <ModelMenuItems onPick={onPick} />;
const NONE: readonly string[] = [];

/** A conversation: its messages and the message field. */
export function ConversationRoute() {
  const { conversationId } = useParams({ from: "/c/$conversationId" });
  return <ConversationPage key={conversationId} id={conversationId} />;
}

function ConversationPage({ id }: { id: string }) {
  const t = useT();
  // A new conversation is shown before the server has it.
  const newPrompt = useOutbox((state) => state.prompts.find((prompt) => prompt.conversationId === id && prompt.create)?.create);
  const exists = newPrompt === undefined;
  const { data: conversation, error } = useQuery({ ...conversationQuery(id), enabled: exists, placeholderData: () => knownConversation(id) });
  const { data: branches } = useQuery({ ...branchesQuery(id), enabled: exists });
  const { data: projects = [] } = useQuery(projectsQuery);
  const project = projects.find((other) => other.id === conversation?.project_id);
  const { branch, message, onBranch, onEnd } = useRequestedView(id, branches?.current);
  const goesOnWith = branches?.items.find((other) => other.id === branch)?.model;
  const agentId = conversation ? conversation.agent_id : newPrompt?.agent_id;
  const { several, models, choose, chooseOne, chooseAgent } = useModels(id, agentId, goesOnWith ?? (conversation ? conversation.model : newPrompt?.model));
  const onChoose = useCallback(
    (chosen: string) => {
      chooseOne();
      onBranch(chosen);
    },
    [chooseOne, onBranch],
  );
  const [panel, show] = useState<Panel>();
  const thread = useRef<ThreadHandle>(null);
  const running = useRunningIn(id);
  const stop = useStopRuns(id);
  const artifact = useArtifact();
  const artifactSlots = useArtifactSlots(id, artifact.shown, artifact.open);
  useEscape(running, stop);
  const close = () => show(undefined);
  const { mutate: update } = useUpdateConversation();

  const onSay = (parts: Part[], choices: Choices) => {
    void sendPrompt({ id: newId(), conversationId: id, parts, choices, models: several, ...(branch && { branch }) });
    thread.current?.toEnd();
  };
  const commands = useCommonCommands(show);
  if (error instanceof Refused && error.status === 404) return <NotFound />;
  return (
    <div className="flex min-h-0 flex-1">
      <title>{`${conversation?.title || t("app.untitled")} · ${t("app.name")}`}</title>
      <div className="flex min-w-0 flex-1 flex-col">
        <ThreadHeader conversation={conversation} project={project} branches={branches?.items.length ?? 0} onShow={show} />
        <Thread
          ref={thread}
          conversationId={id}
          branch={branch}
          around={message}
          exists={exists}
          models={several}
          modelMenu={modelMenu}
          artifacts={artifactSlots}
          onBranch={onBranch}
          onChoose={onChoose}
          onEnd={onEnd}
        />
        <div className="mx-auto w-full max-w-thread px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
          <Composer
            draftKey={id}
            running={running}
            autoFocus
            commands={commands}
            agentId={agentId}
            onSay={onSay}
            onStop={stop}
            onEditLast={() => thread.current?.editLast()}
            controls={
              <ModelPicker
                multiple
                value={models}
                agentId={agentId}
                onAgent={chooseAgent}
                fallback={modelOf(projects, conversation?.project_id)}
                onChange={choose}
                onTalk={() => show("talk")}
                open={panel === "model"}
                onOpenChange={(open) => show(open ? "model" : undefined)}
              />
            }
          />
        </div>
      </div>
      <Suspense>
        {artifact.shown && <ArtifactPanel shown={artifact.shown} onShow={artifact.open} onClose={artifact.close} />}
        {panel === "map" && <BranchMap conversationId={id} current={branch} onBranch={onBranch} onClose={close} />}
        {panel === "system" && conversation && (
          <SystemPromptDialog
            value={conversation.system ?? ""}
            projectId={conversation.project_id ?? null}
            onSave={(system) => update({ id, changes: { system } })}
            onClose={close}
          />
        )}
        {panel === "talk" && (
          <DialogueDialog conversationId={id} first={models[0]} {...(branch && { branch })} onStarted={() => thread.current?.toEnd()} onClose={close} />
        )}
      </Suspense>
    </div>
  );
}

/** The branch and the message in the URL; without them, the user's current branch. */
function useRequestedView(id: string, current: string | undefined) {
  const navigate = useNavigate({ from: "/c/$conversationId" });
  const { branch: requestedBranch, message } = useSearch({ from: "/c/$conversationId", select: threadSearch });
  const { mutate: switchTo } = useSwitchBranch(id);
  const loaded = current !== undefined;
  useEffect(() => {
    if (requestedBranch && loaded) switchTo(requestedBranch);
  }, [requestedBranch, loaded, switchTo]);
  const onEnd = useCallback(
    () => void navigate({ search: ({ artifact }) => (artifact ? { artifact } : {}), replace: true }),
    [navigate],
  );
  const onBranch = useCallback(
    (branch: string) => {
      switchTo(branch);
      onEnd();
    },
    [switchTo, onEnd],
  );
  return { branch: loaded ? (requestedBranch ?? current) : undefined, message, onBranch, onEnd };
}

/**
 * Who responds: the branch's or the conversation's model, an agent, or a temporary selection of models. A conversation is
 * held with an agent until a model is chosen. An agent's own model comes after the conversation's, which is removed.
 */
function useModels(id: string, agentId: string | null | undefined, own: string | null | undefined) {
  const [several, setSeveral] = useState(NONE);
  const { mutate: update } = useUpdateConversation();
  const choose = (models: readonly string[]) => {
    setSeveral(models.length > 1 ? models : NONE);
    const [only] = models;
    if (models.length === 1 && only && (only !== own || agentId)) update({ id, changes: { model: only, ...(agentId && { agent_id: null }) } });
  };
  const chooseAgent = (agent: Agent) => {
    setSeveral(NONE);
    update({ id, changes: { agent_id: agent.id, ...(agent.model !== null && { model: null }) } });
  };
  const chooseOne = useCallback(() => setSeveral(NONE), []);
  return { several, models: several.length > 0 ? several : own ? [own] : NONE, choose, chooseOne, chooseAgent };
}

/** Escape stops the response, unless something in front of the page handles it. */
function useEscape(running: boolean, stop: () => void): void {
  useEffect(() => {
    if (!running) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const busy = event.defaultPrevented || event.isComposing || event.shiftKey || document.querySelector("[role=dialog],[role=menu],[role=listbox]");
      if (event.key === "Escape" && !busy) stop();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [running, stop]);
}
