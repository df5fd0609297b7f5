import { useQuery } from "@tanstack/react-query";
import { LoaderCircleIcon, XIcon } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

import type { Part } from "@/api/client";
import { PlainButton } from "@/components/ui/plain-button";
import { artifactsOfMessageQuery } from "@/data/artifacts";
import { useActiveRuns, useLiveResponse } from "@/data/runs";
import { useT } from "@/features/artifacts/texts";
import type { StreamedArtifact } from "@/lib/artifact-stream";

import { CodeView } from "./code-view";
import { streamedArtifactsIn } from "./drafts";
import { ArtifactNotFound } from "./not-found";
import { kindOf } from "./kind";
import { matchArtifacts } from "./matching";

interface DraftProps {
  draft: { readonly messageId: string; readonly number: number };
  /** Called with the stored artifact when the response is complete. */
  onStored: (id: string) => void;
  onClose: () => void;
}

const NOTHING: readonly Part[] = [];

/** An artifact while it is being written. */
export function DraftView({ draft: { messageId, number }, onStored, onClose }: DraftProps) {
  const t = useT();
  const run = useActiveRuns((runs) => Object.values(runs).find((run) => run.message_id === messageId));
  const parts = useLiveResponse(run?.id)?.parts ?? NOTHING;
  // Keep showing the last content until the artifact is stored.
  const [lastParts, setLastParts] = useState(parts);
  if (parts !== lastParts && parts.length > 0) setLastParts(parts);
  const streamed = streamedArtifactsIn(lastParts);
  const current = streamed[number];
  const artifacts = useQuery({ ...artifactsOfMessageQuery(messageId), enabled: !run, staleTime: 0 });
  const stored = useEffectEvent(onStored);
  const artifact = artifacts.data && artifactAt(artifacts.data, streamed, number);
  useEffect(() => {
    if (artifact) stored(artifact.id);
  }, [artifact]);
  if (!run && artifacts.isSuccess && !artifact) return <ArtifactNotFound artifact={undefined} onClose={onClose} />;
  return (
    <>
      <header className="flex items-center gap-2 border-b py-2 ps-4 pe-2">
        <LoaderCircleIcon aria-hidden className="size-4 shrink-0 animate-spin text-muted" />
        <div className="flex min-w-0 flex-1 flex-col">
          <h2 dir="auto" className="truncate text-sm font-medium">
            {current ? current.title || kindOf(current, t) : t("artifacts.panel")}
          </h2>
          <p className="truncate text-xs text-muted">{t("artifacts.writing")}</p>
        </div>
        <PlainButton label={t("app.close")} onClick={onClose}>
          <XIcon aria-hidden />
        </PlainButton>
      </header>
      <CodeView text={current?.content ?? ""} language={current?.language ?? ""} label={t("artifacts.code")} live />
    </>
  );
}

/** The stored artifact of a draft; if the draft is unknown, the one at its index. */
function artifactAt(artifacts: Parameters<typeof matchArtifacts>[1], streamed: readonly StreamedArtifact[], number: number) {
  const ordered = artifacts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const current = streamed[number];
  return (current && matchArtifacts(streamed, ordered).get(current)) ?? ordered[number];
}
