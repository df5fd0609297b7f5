import { LoaderCircleIcon } from "lucide-react";
import type { ReactNode } from "react";

import type { Artifact } from "@/api/client";
import { useT } from "@/features/artifacts/texts";
import type { StreamedArtifact } from "@/lib/artifact-stream";

import { kindOf } from "./kind";
import { TypeIcon } from "./type-icon";

const look =
  "flex w-full min-w-0 items-center gap-3 rounded-xl border bg-raised px-3.5 py-2.5 text-start hover:bg-hover aria-expanded:border-accent aria-expanded:bg-accent-soft touch:min-h-14";

interface CardProps {
  /** Whether it is open beside the conversation. */
  open: boolean;
  onOpen: () => void;
}

/** An artifact in a message; opens the panel. */
export function ArtifactCard({ artifact, open, onOpen }: CardProps & { artifact: Artifact }) {
  const t = useT();
  const { title, revision, closed } = artifact;
  const facts = [kindOf(artifact, t), ...(revision > 1 ? [t("artifacts.revision", { number: revision })] : []), ...(closed ? [] : [t("artifacts.partial")])];
  return (
    <button type="button" aria-expanded={open} data-artifact={artifact.id} className={look} onClick={onOpen}>
      <IconBox>
        <TypeIcon type={artifact.type} />
      </IconBox>
      <CardText title={title} facts={facts.join(" · ")} />
    </button>
  );
}

/** An artifact that is being written. */
export function DraftCard({ artifact, open, onOpen }: CardProps & { artifact: StreamedArtifact }) {
  const t = useT();
  return (
    <button type="button" aria-expanded={open} className={look} onClick={onOpen}>
      <IconBox>
        <LoaderCircleIcon aria-hidden className="size-4 animate-spin" />
      </IconBox>
      <CardText title={artifact.title || kindOf(artifact, t)} facts={t("artifacts.writing")} />
    </button>
  );
}

function IconBox({ children }: { children: ReactNode }) {
  return <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-hover text-muted">{children}</span>;
}

function CardText({ title, facts }: { title: string; facts: string }) {
  return (
    <span className="flex min-w-0 flex-col">
      <span dir="auto" className="truncate text-sm font-medium">
        {title}
      </span>
      <span className="truncate text-xs text-muted">{facts}</span>
    </span>
  );
}
