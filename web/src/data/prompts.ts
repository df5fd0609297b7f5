/** Prompts that are not stored yet: their order, and their storage in the browser. */
import type { Part, Run } from "@/api/client";
import type { components } from "@/api/schema";
import type { Choices } from "@/lib/drafts";

export interface Prompt {
  /** The id of the message, sortable by time. A prompt that is sent twice with the same id is stored once. */
  readonly id: string;
  readonly conversationId: string;
  /** The fields of a new conversation. */
  readonly create?: components["schemas"]["NewConversation"];
  /** Undefined means the user's current branch. */
  readonly branch?: string;
  /** The content. Of a prompt from a template, it is only shown until the server has made it. */
  readonly parts: readonly Part[];
  /** The models that respond; several respond side by side, none means the conversation's model. */
  readonly models: readonly string[];
  readonly choices?: Choices;
  /** `queued` waits for a response to end, `waiting` for the server. */
  readonly state: "queued" | "sending" | "waiting" | "refused";
  readonly reason?: string;
}

/** The next prompt of a conversation to send, if any. */
export function nextOf(prompts: readonly Prompt[], runs: readonly Run[], conversationId: string): Prompt | undefined {
  const first = prompts.find((prompt) => prompt.conversationId === conversationId && prompt.state !== "refused");
  if (!first || first.state === "sending") return undefined;
  const answered = runs.some(
    (run) =>
      run.conversation_id === conversationId &&
      (first.branch === undefined || run.branch === first.branch) &&
      // It arrived, but the confirmation was lost: the server recognises it when it is sent again.
      run.prompt_id !== first.id,
  );
  return answered ? undefined : first;
}

/** Add or replace a prompt, in order of creation. */
export function withPrompt(prompts: readonly Prompt[], prompt: Prompt): readonly Prompt[] {
  return [...prompts.filter((other) => other.id !== prompt.id), prompt].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const PREFIX = "hansard.outbox.";

/** Prompts in the browser's storage. Each has its own entry, so tabs never overwrite each other's. */
export class PromptStore {
  constructor(private readonly storage: KeyValueStorage | undefined) {}

  all(): readonly Prompt[] {
    const { storage } = this;
    if (!storage) return [];
    const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
    return names
      .filter((name) => name.startsWith(PREFIX))
      .flatMap((name) => read(storage.getItem(name)) ?? [])
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  put(prompt: Prompt): void {
    try {
      this.storage?.setItem(PREFIX + prompt.id, JSON.stringify(prompt));
    } catch {
      // Storage is full: the prompt is sent while the page is open.
    }
  }

  drop(id: string): void {
    this.storage?.removeItem(PREFIX + id);
  }

  /** The prompt that another tab wrote or removed. */
  onStorage(name: string | null, value: string | null): { readonly id: string; readonly prompt: Prompt | undefined } | undefined {
    return name?.startsWith(PREFIX) ? { id: name.slice(PREFIX.length), prompt: read(value) } : undefined;
  }
}

/** A prompt that was being sent may have arrived or not: sending it again is harmless. */
function read(text: string | null): Prompt | undefined {
  try {
    const prompt = JSON.parse(text ?? "") as Prompt;
    return prompt.state === "sending" ? { ...prompt, state: "waiting" } : prompt;
  } catch {
    return undefined;
  }
}
