import { type ReactNode, createContext, use } from "react";

import type { Branch, Message, Part } from "@/api/client";
import type { RatingValue } from "@/data/ratings";

/** A dialog for one message. */
export type MessageDialog = { readonly kind: "details" | "raw" | "delete"; readonly message: Message };

/** A stored or running response. */
export interface ResponseParts {
  /** The id of the message, also before it is stored. */
  readonly messageId: string;
  readonly parts: readonly Part[];
  readonly stored: boolean;
}

/** Renders the artifacts of a response. */
export interface ArtifactSlots {
  /** Below the response. */
  readonly below: (answer: ResponseParts) => ReactNode;
  /** Inline: in this part, at this character. */
  readonly inline: (answer: ResponseParts, part: number, at: number) => ReactNode;
}

/** The shared data and actions of all messages in the view. */
export interface ThreadContext {
  readonly conversationId: string;
  readonly branches: readonly Branch[];
  /** The current branch. */
  readonly shownBranch: string;
  /** The branches with a running response. */
  readonly runningBranches: ReadonlySet<string>;
  readonly ratings: Readonly<Record<string, RatingValue>>;
  readonly tools: ReadonlyMap<string, string>;
  /** The message that is being edited. */
  readonly editing: string | undefined;
  /** True once it is known that no run is active. */
  readonly idle: boolean;
  readonly modelMenu: ((onPick: (model: string) => void) => ReactNode) | undefined;
  readonly artifacts: ArtifactSlots;
  readonly actions: ThreadActions;
}

/** Stable, because every message depends on them. */
export interface ThreadActions {
  edit(id: string | undefined): void;
  editMessage(message: Message, parts: Part[]): void;
  /** Generate another version of a response. */
  regenerate(message: Message, model?: string): void;
  /** Generate a response to the last message of a branch. */
  generate(branch: string): void;
  continueRun(runId: string): void;
  rate(message: Message, value: RatingValue): void;
  fork(message: Message): void;
  switchBranch(branch: string): void;
  /** Continue with one of several responses, and with its model. */
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
