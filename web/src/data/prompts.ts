/** What was said and is not stored yet: in which order it is sent, and how it is kept in the browser. */
import type { Part, Run } from "@/api/client";
import type { components } from "@/api/schema";

export interface Prompt {
  /** Of the message, and sortable by time. Sent twice with the same id, it is stored once. */
  readonly id: string;
  readonly conversationId: string;
  /** What the conversation is made with, if it is new. */
  readonly create?: components["schemas"]["NewConversation"];
  /** Without it, the branch that the person is on. */
  readonly branch?: string;
  readonly parts: readonly Part[];
  /** Who is to answer; several answer side by side, none means the conversation's own. */
  readonly models: readonly string[];
  /** `queued` until an answer is there, `waiting` for the server. */
  readonly state: "queued" | "sending" | "waiting" | "refused";
  readonly reason?: string;
}

/** What of a conversation is to be sent now, if anything is. */
export function nextOf(prompts: readonly Prompt[], runs: readonly Run[], conversationId: string): Prompt | undefined {
  const first = prompts.find((prompt) => prompt.conversationId === conversationId && prompt.state !== "refused");
  if (!first || first.state === "sending") return undefined;
  const answered = runs.some(
    (run) =>
      run.conversation_id === conversationId &&
      (first.branch === undefined || run.branch === first.branch) &&
      // It did arrive, and the server's word for it was lost: sent again, it is known.
      run.prompt_id !== first.id,
  );
  return answered ? undefined : first;
}

/** The prompts with one more, or one that changed, in the order in which they were said. */
export function withPrompt(prompts: readonly Prompt[], prompt: Prompt): readonly Prompt[] {
  return [...prompts.filter((other) => other.id !== prompt.id), prompt].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const PREFIX = "hansard.outbox.";

/** The prompts in the browser's storage. Each has an entry of its own, so two pages never undo what the other writes. */
export class PromptStore {
  constructor(private readonly storage: Keep | undefined) {}

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
      // The browser keeps no more: it is sent all the same, for as long as the page is open.
    }
  }

  drop(id: string): void {
    this.storage?.removeItem(PREFIX + id);
  }

  /** What another page wrote: whose prompt it is, and what it is now, if it is still there. */
  onStorage(name: string | null, value: string | null): { readonly id: string; readonly prompt: Prompt | undefined } | undefined {
    return name?.startsWith(PREFIX) ? { id: name.slice(PREFIX.length), prompt: read(value) } : undefined;
  }
}

/** What was under way when it was written may have arrived or not: it is sent again, which does no harm. */
function read(text: string | null): Prompt | undefined {
  try {
    const prompt = JSON.parse(text ?? "") as Prompt;
    return prompt.state === "sending" ? { ...prompt, state: "waiting" } : prompt;
  } catch {
    return undefined;
  }
}
