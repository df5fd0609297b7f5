import { type ReactNode, createContext, use } from "react";

import type { Branch, Message, Part } from "@/api/client";
import type { Opinion } from "@/data/ratings";

/** What can be asked about a message in front of the page. */
export type Question = { readonly kind: "details" | "raw" | "delete"; readonly message: Message };

/** An answer, stored or while it is being said. */
export interface Answered {
  /** Of the message, also before it is stored. */
  readonly messageId: string;
  readonly parts: readonly Part[];
  readonly stored: boolean;
}

/** How what was made in an answer is shown. */
export interface MadeIn {
  /** Below the answer. */
  readonly below: (answer: Answered) => ReactNode;
  /** In its place: in that part, at that character. */
  readonly here: (answer: Answered, part: number, at: number) => ReactNode;
}

/** What every message of a thread needs to know, and can do. */
export interface ThreadContext {
  readonly conversationId: string;
  readonly branches: readonly Branch[];
  /** The branch that is shown. */
  readonly shown: string;
  /** The branches on which an answer is being made. */
  readonly awaited: ReadonlySet<string>;
  readonly ratings: Readonly<Record<string, Opinion>>;
  readonly tools: ReadonlyMap<string, string>;
  /** The message that is being edited. */
  readonly editing: string | undefined;
  /** Whether it is known that nothing is being answered. */
  readonly quiet: boolean;
  readonly modelMenu: ((onPick: (model: string) => void) => ReactNode) | undefined;
  readonly made: MadeIn;
  readonly actions: ThreadActions;
}

/** These seldom change, for every message has them. */
export interface ThreadActions {
  edit(id: string | undefined): void;
  say(message: Message, parts: Part[]): void;
  /** Have another answer made in a message's place. */
  retry(message: Message, model?: string): void;
  /** Have the last message answered. */
  answer(branch: string): void;
  goOn(runId: string): void;
  rate(message: Message, value: Opinion): void;
  fork(message: Message): void;
  goTo(branch: string): void;
  /** Go on with one of several answers, and with the model that made it. */
  goOnWith(branch: string): void;
  ask(question: Question): void;
}

const Context = createContext<ThreadContext | undefined>(undefined);

export const ThreadProvider = Context;

export function useThreadContext(): ThreadContext {
  const thread = use(Context);
  if (!thread) throw new Error("There is no thread around this.");
  return thread;
}
