import { useQuery } from "@tanstack/react-query";
import { LoaderCircleIcon, XIcon } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

import type { Part } from "@/api/client";
import { PlainButton } from "@/components/ui/plain-button";
import { artifactsOfMessageQuery } from "@/data/artifacts";
import { useActiveRuns, useAnswer } from "@/data/runs";
import { useT } from "@/features/artifacts/texts";
import type { Piece } from "@/lib/pieces";

import { CodeView } from "./code-view";
import { piecesIn } from "./drafts";
import { Gone } from "./gone";
import { kindOf } from "./kind";
import { matching } from "./matching";

interface DraftProps {
  draft: { readonly messageId: string; readonly number: number };
  /** The answer is stored: this is the artifact. */
  onStored: (id: string) => void;
  onClose: () => void;
}

const NOTHING: readonly Part[] = [];

/** Something while it is being written. */
export function DraftView({ draft: { messageId, number }, onStored, onClose }: DraftProps) {
  const t = useT();
  const run = useActiveRuns((runs) => Object.values(runs).find((run) => run.message_id === messageId));
  const parts = useAnswer(run?.id)?.parts ?? NOTHING;
  // What was said last is looked at until the artifact is there.
  const [said, setSaid] = useState(parts);
  if (parts !== said && parts.length > 0) setSaid(parts);
  const pieces = piecesIn(said);
  const piece = pieces[number];
  const made = useQuery({ ...artifactsOfMessageQuery(messageId), enabled: !run, staleTime: 0 });
  const stored = useEffectEvent(onStored);
  const found = made.data && inPlace(made.data, pieces, number);
  useEffect(() => {
    if (found) stored(found.id);
  }, [found]);
  if (!run && made.isSuccess && !found) return <Gone artifact={undefined} onClose={onClose} />;
  return (
    <>
      <header className="flex items-center gap-2 border-b py-2 ps-4 pe-2">
        <LoaderCircleIcon aria-hidden className="size-4 shrink-0 animate-spin text-muted" />
        <div className="flex min-w-0 flex-1 flex-col">
          <h2 dir="auto" className="truncate text-sm font-medium">
            {piece ? piece.title || kindOf(piece, t) : t("artifacts.panel")}
          </h2>
          <p className="truncate text-xs text-muted">{t("artifacts.writing")}</p>
        </div>
        <PlainButton label={t("app.close")} onClick={onClose}>
          <XIcon aria-hidden />
        </PlainButton>
      </header>
      <CodeView text={piece?.content ?? ""} language={piece?.language ?? ""} label={t("artifacts.code")} live />
    </>
  );
}

/** The artifact that a piece became; where nothing is known of the pieces any more, the one in its place. */
function inPlace(artifacts: Parameters<typeof matching>[1], pieces: readonly Piece[], number: number) {
  const inOrder = artifacts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const piece = pieces[number];
  return (piece && matching(pieces, inOrder).get(piece)) ?? inOrder[number];
}
