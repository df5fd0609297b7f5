import type { ReactNode } from "react";

import type { Part } from "@/api/client";
import { useT } from "@/features/artifacts/texts";
import type { StreamedArtifact } from "@/lib/artifact-stream";

import { ArtifactCard, DraftCard } from "./card";
import { type PlacedArtifact, draftId, streamedArtifactsIn } from "./drafts";
import { matchArtifacts } from "./matching";
import { useMessageArtifacts } from "./use-message-artifacts";

/** The artifact that is open beside the conversation, and how to open another. */
export interface ArtifactPanelState {
  /** The id of an artifact or of a draft. */
  readonly shown: string | undefined;
  readonly open: (id: string) => void;
}

interface ArtifactsProps extends ArtifactPanelState {
  conversationId: string;
  messageId: string;
  parts: readonly Part[];
  /** Whether the message is stored; otherwise it is being generated. */
  stored: boolean;
}

/** The artifacts of a response, below it; inline ones are rendered in the text. */
export function MessageArtifacts(props: ArtifactsProps) {
  return props.stored ? <StoredCards {...props} /> : <DraftCards {...props} />;
}

function StoredCards({ conversationId, messageId, parts, shown, open }: ArtifactsProps) {
  const streamed = streamedArtifactsIn(parts);
  const artifacts = useMessageArtifacts(conversationId, messageId, streamed.length);
  const placed = new Set([...matchArtifacts(streamed, artifacts)].flatMap(([item, artifact]) => (item.element ? [artifact] : [])));
  const cards = artifacts
    .filter((artifact) => !placed.has(artifact))
    .map((artifact) => ({ id: artifact.id, card: <ArtifactCard artifact={artifact} open={shown === artifact.id} onOpen={() => open(artifact.id)} /> }));
  return <Cards cards={cards} />;
}

function DraftCards({ messageId, parts, shown, open }: ArtifactsProps) {
  const cards = streamedArtifactsIn(parts)
    .map((item, i) => ({ item, id: draftId(messageId, i) }))
    .filter(({ item }) => !item.element)
    .map(({ item, id }) => ({ id, card: <DraftCard artifact={item} open={shown === id} onOpen={() => open(id)} /> }));
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
  /** The index of the part in the message. */
  part: number;
  /** The offset in the text of the part. */
  at: number;
}

/** An `<artifact>` element at its position in the text. */
export function InlineArtifact(props: ArtifactsProps & Place) {
  return <div className="my-3 max-w-90">{props.stored ? <StoredInline {...props} /> : <DraftInline {...props} />}</div>;
}

function StoredInline({ part, at, conversationId, messageId, parts, shown, open }: ArtifactsProps & Place) {
  const streamed = streamedArtifactsIn(parts);
  const item = streamed.find(isAt(part, at));
  const artifacts = useMessageArtifacts(conversationId, messageId, streamed.length);
  const artifact = item && matchArtifacts(streamed, artifacts).get(item);
  if (!artifact) return item && <MissingArtifact artifact={item} />;
  return <ArtifactCard artifact={artifact} open={shown === artifact.id} onOpen={() => open(artifact.id)} />;
}

function DraftInline({ part, at, messageId, parts, shown, open }: ArtifactsProps & Place) {
  const streamed = streamedArtifactsIn(parts);
  const number = streamed.findIndex(isAt(part, at));
  const item = streamed[number];
  const id = draftId(messageId, number);
  return item && <DraftCard artifact={item} open={shown === id} onOpen={() => open(id)} />;
}

/** The content of an element whose artifact no longer exists. */
function MissingArtifact({ artifact }: { artifact: StreamedArtifact }) {
  return (
    <pre dir="ltr" className="max-h-40 overflow-hidden rounded-xl border bg-surface p-3 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {artifact.content.slice(0, 2000)}
    </pre>
  );
}

const isAt = (part: number, at: number) => (item: PlacedArtifact) => item.part === part && item.at === at;
