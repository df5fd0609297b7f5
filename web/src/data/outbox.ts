/**
 * What was said and is not stored yet. It waits here while the server is away, also when the page is closed, and while
 * the answer before it is being made. Of one conversation, one thing is sent after the other.
 */
import { create } from "zustand";

import { type Run, Unreachable, api, ask } from "@/api/client";
import { rereadBranches } from "@/data/branches";
import { queryClient } from "@/data/client";
import { createConversation } from "@/data/conversations";
import { catchUp, threadQuery } from "@/data/messages";
import { enqueueRequest } from "@/data/request-queue";
import { type Prompt, PromptStore, nextOf, withPrompt } from "@/data/prompts";
import { followRuns, useActiveRuns } from "@/data/runs";
import { browserStorage } from "@/lib/storage";

export type { Prompt } from "@/data/prompts";

interface Outbox {
  readonly prompts: readonly Prompt[];
}

/** In milliseconds. */
const RETRY = 5000;
const store = new PromptStore(browserStorage());

export const useOutbox = create<Outbox>(() => ({ prompts: store.all() }));

const { getState: outbox, setState } = useOutbox;

/** Say something: it is shown at once, and sent once, as soon as that is possible. */
export function say(prompt: Omit<Prompt, "state" | "reason">): void {
  put({ ...prompt, state: "queued" });
  sendNext(prompt.conversationId);
}

/** The server is back, and it is known what is being answered: send what waits. */
export function flushOutbox(): void {
  for (const { id, state } of outbox().prompts) if (state === "waiting") mark(id, { state: "queued" });
  for (const conversationId of new Set(outbox().prompts.map((prompt) => prompt.conversationId))) sendNext(conversationId);
}

export function sendAgain(id: string): void {
  const prompt = outbox().prompts.find((other) => other.id === id);
  if (prompt) void send(prompt);
}

export function cancelPrompt(id: string): void {
  store.drop(id);
  setState(({ prompts }) => ({ prompts: prompts.filter((prompt) => prompt.id !== id) }));
}

function sendNext(conversationId: string): void {
  const next = nextOf(outbox().prompts, Object.values(useActiveRuns.getState()), conversationId);
  if (next) void send(next);
}

useActiveRuns.subscribe(() => {
  for (const { state, conversationId } of outbox().prompts) if (state === "queued") sendNext(conversationId);
});

/** Show what other pages say, too; what this one is sending goes its way. */
addEventListener("storage", ({ key, newValue }) => {
  const change = store.onStorage(key, newValue);
  if (!change || outbox().prompts.some(({ id, state }) => id === change.id && state === "sending")) return;
  const { id, prompt } = change;
  setState(({ prompts }) => ({ prompts: prompt ? withPrompt(prompts, prompt) : prompts.filter((other) => other.id !== id) }));
});

async function send(prompt: Prompt): Promise<void> {
  mark(prompt.id, { state: "sending" });
  try {
    followRuns(await enqueueRequest([prompt.conversationId], () => deliver(prompt)));
    // It is stored: if it cannot be read now, it is as soon as the server is back.
    await stored(prompt.conversationId, prompt.create !== undefined).catch(() => undefined);
  } catch (error) {
    if (error instanceof Unreachable) {
      mark(prompt.id, { state: "waiting" });
      setTimeout(() => sendNext(prompt.conversationId), RETRY);
      return;
    }
    mark(prompt.id, { state: "refused", reason: error instanceof Error ? error.message : String(error) });
    return;
  }
  cancelPrompt(prompt.id);
  sendNext(prompt.conversationId);
}

async function deliver({ id, conversationId, create: created, branch, parts, models }: Prompt): Promise<readonly Run[]> {
  if (created) await createConversation({ ...created, id: conversationId });
  const { runs } = await ask(
    api.POST("/api/v1/conversations/{conversation_id}/chat", {
      params: { path: { conversation_id: conversationId } },
      body: {
        id,
        parts: [...parts],
        ...(models.length > 0 ? { models: [...models] } : {}),
        ...(branch ? { branch } : {}),
      },
    }),
  );
  return runs;
}

async function stored(conversationId: string, isNew: boolean): Promise<void> {
  const { current } = await rereadBranches(conversationId);
  if (isNew) await queryClient.fetchInfiniteQuery(threadQuery(conversationId, { branch: current }));
  else await catchUp(conversationId);
}

function mark(id: string, change: Partial<Prompt>): void {
  const prompt = outbox().prompts.find((other) => other.id === id);
  if (prompt) put({ ...prompt, ...change });
}

function put(prompt: Prompt): void {
  store.put(prompt);
  setState(({ prompts }) => ({ prompts: withPrompt(prompts, prompt) }));
}
