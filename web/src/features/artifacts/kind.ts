import type { Artifact, ArtifactType } from "@/api/client";
import type { Translate } from "@/i18n";

/** What sort of thing an artifact is, in words: its type, and its language where that says more. */
export function kindOf({ type, language }: Pick<Artifact, "type" | "language">, t: Translate): string {
  return type === "code" && language ? language : t(`artifacts.type.${type}`);
}

/** The types that can be seen as what they are. */
export const SHOWN: ReadonlySet<ArtifactType> = new Set(["html", "svg", "react", "mermaid", "markdown", "csv", "json"]);
