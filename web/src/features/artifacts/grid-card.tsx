import { Link } from "@tanstack/react-router";

import type { Artifact, ArtifactHit } from "@/api/client";
import { Highlighted } from "@/components/highlighted";
import { useT } from "@/features/artifacts/texts";
import { useLanguage } from "@/i18n";
import { shortDate } from "@/lib/time";

import { kindOf } from "./kind";
import { TypeIcon } from "./type-icon";

interface GridCardProps {
  artifact: Artifact;
  hit?: ArtifactHit | undefined;
  chosen: boolean;
  /** Undefined if selection is not possible. */
  onToggle: (() => void) | undefined;
}

/** An artifact in the grid; the card opens it, its checkbox selects it. */
export function GridCard({ artifact, hit, chosen, onToggle }: GridCardProps) {
  const t = useT();
  const language = useLanguage();
  const { id, title, type, revision, description, updated_at: at } = artifact;
  const facts = [kindOf(artifact, t), ...(revision > 1 ? [t("artifacts.revision", { number: revision })] : []), shortDate(at, language)];
  const excerpt = description === title ? "" : description;
  return (
    <li className={`group relative flex min-h-28 flex-col gap-2 rounded-xl border p-4 ${chosen ? "border-accent bg-accent-soft" : "bg-raised hover:bg-hover"}`}>
      <div className="flex min-w-0 items-start gap-3">
        <TypeIcon type={type} className="mt-0.5 size-4 text-muted" />
        <Link
          to="/artifacts/{-$artifactId}"
          params={{ artifactId: id }}
          search={(before) => before}
          dir="auto"
          className="line-clamp-2 min-w-0 flex-1 text-sm font-medium wrap-anywhere after:absolute after:inset-0 after:rounded-xl"
        >
          {title}
        </Link>
        {onToggle && (
          <label className="relative z-10 -m-1 flex size-6 shrink-0 items-center justify-center touch:-m-3.5 touch:size-11">
            <input
              type="checkbox"
              aria-label={t("artifacts.select", { title })}
              checked={chosen}
              onChange={onToggle}
              className="size-4 accent-(--accent) opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 checked:opacity-100 touch:opacity-100"
            />
          </label>
        )}
      </div>
      {(hit || excerpt) && (
        <p dir="auto" className="line-clamp-3 text-xs wrap-anywhere text-muted">
          {hit ? <Highlighted text={hit.snippet} marks={hit.marks} /> : excerpt}
        </p>
      )}
      <p className="mt-auto truncate text-xs text-muted">{facts.join(" · ")}</p>
    </li>
  );
}
