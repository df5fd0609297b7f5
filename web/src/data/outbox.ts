/**
 * Prompts that are not stored yet. They wait here while the server is unreachable, even if the page closes, and until
 * the previous response is complete. Prompts of one conversation are sent in order.
 */
import { create } from "zustand";

import { type Run, Unreachable, api, unwrap } from "@/api/client";
import { createConversation } from "@/data/conversations";
import { rereadThread } from "@/data/messages";
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
const PATIENCE = 2000;
const store = new PromptStore(browserStorage());

export const useOutbox = create<Outbox>(() => ({ prompts: store.all() }));

const { getState: outbox, setState } = useOutbox;

/** Send a prompt: it is shown at once, and sent exactly once as soon as possible. */
export function sendPrompt(prompt: Omit<Prompt, "state" | "reason">): void {
  storePrompt({ ...prompt, state: "queued" });
  sendNext(prompt.conversationId);
}

/** The server is reachable and the active runs are known: send waiting prompts. */
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

/** Show prompts of other tabs; prompts that this tab is sending are unaffected. */
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
    await shown(prompt);
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

/** Called when the feed has brought the prompt, by id. */
const awaited = new Map<string, () => void>();

/** Wait until the feed has brought the prompt. One that was stored before this page opened is not in the feed: it is loaded. */
async function shown({ id, conversationId }: Prompt): Promise<void> {
  if (!outbox().prompts.some((prompt) => prompt.id === id)) return;
  await new Promise<void>((resolve) => {
    awaited.set(id, resolve);
    setTimeout(resolve, PATIENCE);
  });
  awaited.delete(id);
  // If this fails, the messages are loaded after reconnecting.
  if (outbox().prompts.some((prompt) => prompt.id === id)) await rereadThread(conversationId).catch(() => undefined);
}

/** Messages with these ids are stored and shown. */
export function promptsStored(ids: readonly string[]): void {
  const stored = outbox().prompts.filter(({ id }) => ids.includes(id));
  for (const { id } of stored) cancelPrompt(id);
  for (const { id } of stored) awaited.get(id)?.();
}

async function deliver({ id, conversationId, create: newConversation, branch, parts, models, choices = {} }: Prompt): Promise<readonly Run[]> {
  if (newConversation) await createConversation({ ...newConversation, id: conversationId });
  const { runs } = await unwrap(
    api.POST("/api/v1/conversations/{conversation_id}/chat", {
      params: { path: { conversation_id: conversationId } },
      body: {
        id,
        ...(choices.prompt ? { prompt: choices.prompt, variables: { ...choices.variables } } : { parts: [...parts] }),
        ...(choices.agent ? { agent: choices.agent } : {}),
        ...(choices.rules ? { rules: [...choices.rules] } : {}),
        ...(models.length > 0 ? { models: [...models] } : {}),
        ...(branch ? { branch } : {}),
      },
    }),
  );
  return runs;
}

function mark(id: string, change: Partial<Prompt>): void {
  const prompt = outbox().prompts.find((other) => other.id === id);
  if (prompt) storePrompt({ ...prompt, ...change });
}

function storePrompt(prompt: Prompt): void {
  store.put(prompt);
  setState(({ prompts }) => ({ prompts: withPrompt(prompts, prompt) }));
}
