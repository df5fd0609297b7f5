import type { Part } from "@/api/client";
import { type StreamedArtifact, streamedArtifacts } from "@/lib/artifact-stream";

export type PlacedArtifact = StreamedArtifact & {
  /** The index of the part in the message. */
  readonly part: number;
};

/** The artifacts in the text of a response, in order. */
export function streamedArtifactsIn(parts: readonly Part[]): readonly PlacedArtifact[] {
  return parts.flatMap((one, part) => (one.type === "text" ? streamedArtifacts(one.text).map((item) => Object.assign(item, { part })) : []));
}

const DRAFT = /^draft-(.+)-(\d+)$/;

/** The id of a draft in the URL: the message and the index of the artifact in it. */
export function draftId(messageId: string, number: number): string {
  return `draft-${messageId}-${number}`;
}

export function readDraftId(id: string): { readonly messageId: string; readonly number: number } | undefined {
  const [, messageId, number] = DRAFT.exec(id) ?? [];
  return messageId && number ? { messageId, number: Number(number) } : undefined;
}
