import type { Artifact, ArtifactType } from "@/api/client";
import type { Translate } from "@/i18n";

/** The type of an artifact in words, or its language where that is more specific. */
export function kindOf({ type, language }: Pick<Artifact, "type" | "language">, t: Translate): string {
  return type === "code" && language ? language : t(`artifacts.type.${type}`);
}

/** The types that have a preview. */
export const SHOWN: ReadonlySet<ArtifactType> = new Set(["html", "svg", "react", "mermaid", "markdown", "csv", "json"]);
