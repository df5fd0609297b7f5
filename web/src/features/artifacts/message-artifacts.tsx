import type { ReactNode } from "react";

import type { Part } from "@/api/client";
import { useT } from "@/features/artifacts/texts";
import type { StreamedArtifact } from "@/lib/artifact-stream";

import { ArtifactCard, DraftCard } from "./card";
import { type PlacedArtifact, draftId, streamedArtifactsIn } from "./drafts";
import { matchArtifacts } from "./matching";
import { useMessageArtifacts } from "./use-message-artifacts";

/** What is open beside the thread, and how something else is opened. */
export interface ArtifactPanelState {
  /** An artifact's id, or that of something that is being written. */
  readonly shown: string | undefined;
  readonly open: (id: string) => void;
}

interface ArtifactsProps extends ArtifactPanelState {
  conversationId: string;
  messageId: string;
  parts: readonly Part[];
  /** Whether the message is stored; if not, it is being said. */
  stored: boolean;
}

/** What was made in an answer, below it; what has its place in the text stands there. */
export function MessageArtifacts(props: ArtifactsProps) {
  return props.stored ? <StoredCards {...props} /> : <DraftCards {...props} />;
}

function StoredCards({ conversationId, messageId, parts, shown, open }: ArtifactsProps) {
  const pieces = streamedArtifactsIn(parts);
  const artifacts = useMessageArtifacts(conversationId, messageId, pieces.length);
  const placed = new Set([...matchArtifacts(pieces, artifacts)].flatMap(([piece, artifact]) => (piece.element ? [artifact] : [])));
  const cards = artifacts
    .filter((artifact) => !placed.has(artifact))
    .map((artifact) => ({ id: artifact.id, card: <ArtifactCard artifact={artifact} open={shown === artifact.id} onOpen={() => open(artifact.id)} /> }));
  return <Cards cards={cards} />;
}

function DraftCards({ messageId, parts, shown, open }: ArtifactsProps) {
  const cards = streamedArtifactsIn(parts)
    .map((piece, i) => ({ piece, id: draftId(messageId, i) }))
    .filter(({ piece }) => !piece.element)
    .map(({ piece, id }) => ({ id, card: <DraftCard piece={piece} open={shown === id} onOpen={() => open(id)} /> }));
  return <Cards cards={cards} />;
}

function Cards({ cards }: { cards: readonly { readonly id: string; readonly card: ReactNode }[] }) {
  const t = useT();
  if (cards.length === 0) return null;
  return (
    <ul aria-label={t("artifacts.inResponse")} className="mt-3 grid grid-cols-[repeat(auto-fill,minmax(min(16rem,100%),1fr))] gap-2">
      {cards.map(({ id, card }) => (
        <li key={id} className="min-w-0">
          {card}
        </li>
      ))}
    </ul>
  );
}

interface Place {
  /** Of the message, from 0. */
  part: number;
  /** In the part's text. */
  at: number;
}

/** An `<artifact>` element, in its place in the text. */
export function InlineArtifact(props: ArtifactsProps & Place) {
  return <div className="my-3 max-w-90">{props.stored ? <StoredInline {...props} /> : <DraftInline {...props} />}</div>;
}

function StoredInline({ part, at, conversationId, messageId, parts, shown, open }: ArtifactsProps & Place) {
  const pieces = streamedArtifactsIn(parts);
  const piece = pieces.find(isAt(part, at));
  const artifacts = useMessageArtifacts(conversationId, messageId, pieces.length);
  const artifact = piece && matchArtifacts(pieces, artifacts).get(piece);
  if (!artifact) return piece && <MissingArtifact piece={piece} />;
  return <ArtifactCard artifact={artifact} open={shown === artifact.id} onOpen={() => open(artifact.id)} />;
}

function DraftInline({ part, at, messageId, parts, shown, open }: ArtifactsProps & Place) {
  const pieces = streamedArtifactsIn(parts);
  const number = pieces.findIndex(isAt(part, at));
  const piece = pieces[number];
  const id = draftId(messageId, number);
  return piece && <DraftCard piece={piece} open={shown === id} onOpen={() => open(id)} />;
}

/** What was said in an element of which there is no artifact any more. */
function MissingArtifact({ piece }: { piece: StreamedArtifact }) {
  return (
    <pre dir="ltr" className="max-h-40 overflow-hidden rounded-xl border bg-surface p-3 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {piece.content.slice(0, 2000)}
    </pre>
  );
}

const isAt = (part: number, at: number) => (piece: PlacedArtifact) => piece.part === part && piece.at === at;
