import { type ReactNode, createContext, use } from "react";

import type { Branch, Message, Part } from "@/api/client";
import type { Opinion } from "@/data/ratings";

/** What can be asked about a message in front of the page. */
export type MessageDialog = { readonly kind: "details" | "raw" | "delete"; readonly message: Message };

/** An answer, stored or while it is being said. */
export interface ResponseParts {
  /** Of the message, also before it is stored. */
  readonly messageId: string;
  readonly parts: readonly Part[];
  readonly stored: boolean;
}

/** How what was made in an answer is shown. */
export interface ArtifactSlots {
  /** Below the answer. */
  readonly below: (answer: ResponseParts) => ReactNode;
  /** In its place: in that part, at that character. */
  readonly inline: (answer: ResponseParts, part: number, at: number) => ReactNode;
}

/** What every message of a thread needs to know, and can do. */
export interface ThreadContext {
  readonly conversationId: string;
  readonly branches: readonly Branch[];
  /** The branch that is shown. */
  readonly shownBranch: string;
  /** The branches on which an answer is being made. */
  readonly runningBranches: ReadonlySet<string>;
  readonly ratings: Readonly<Record<string, Opinion>>;
  readonly tools: ReadonlyMap<string, string>;
  /** The message that is being edited. */
  readonly editing: string | undefined;
  /** Whether it is known that nothing is being answered. */
  readonly idle: boolean;
  readonly modelMenu: ((onPick: (model: string) => void) => ReactNode) | undefined;
  readonly artifacts: ArtifactSlots;
  readonly actions: ThreadActions;
}

/** These seldom change, for every message has them. */
export interface ThreadActions {
  edit(id: string | undefined): void;
  editMessage(message: Message, parts: Part[]): void;
  /** Have another answer made in a message's place. */
  regenerate(message: Message, model?: string): void;
  /** Have the last message answered. */
  generate(branch: string): void;
  continueRun(runId: string): void;
  rate(message: Message, value: Opinion): void;
  fork(message: Message): void;
  switchBranch(branch: string): void;
  /** Go on with one of several answers, and with the model that made it. */
  selectResponse(branch: string): void;
  openDialog(dialog: MessageDialog): void;
}

const Context = createContext<ThreadContext | undefined>(undefined);

export const ThreadProvider = Context;

export function useThreadContext(): ThreadContext {
  const thread = use(Context);
  if (!thread) throw new Error("There is no thread around this.");
  return thread;
}
