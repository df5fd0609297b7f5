import type { Part } from "@/api/client";
import { type Piece, piecesOf } from "@/lib/pieces";

export type PlacedPiece = Piece & {
  /** Of the message, from 0. */
  readonly part: number;
};

/** What an answer is making, or made, in order. */
export function piecesIn(parts: readonly Part[]): readonly PlacedPiece[] {
  return parts.flatMap((one, part) => (one.type === "text" ? piecesOf(one.text).map((piece) => Object.assign(piece, { part })) : []));
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
