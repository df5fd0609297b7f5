import type { Part } from "@/api/client";
import { type StreamedArtifact, streamedArtifacts } from "@/lib/artifact-stream";

export type PlacedArtifact = StreamedArtifact & {
  /** Of the message, from 0. */
  readonly part: number;
};

/** What an answer is making, or made, in order. */
export function streamedArtifactsIn(parts: readonly Part[]): readonly PlacedArtifact[] {
  return parts.flatMap((one, part) => (one.type === "text" ? streamedArtifacts(one.text).map((piece) => Object.assign(piece, { part })) : []));
}

const DRAFT = /^draft-(.+)-(\d+)$/;

/** The name of what is being written, as the address has it: the so-manieth piece of a message. */
export function draftId(messageId: string, number: number): string {
  return `draft-${messageId}-${number}`;
}

export function readDraftId(id: string): { readonly messageId: string; readonly number: number } | undefined {
  const [, messageId, number] = DRAFT.exec(id) ?? [];
  return messageId && number ? { messageId, number: Number(number) } : undefined;
}
