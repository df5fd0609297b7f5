import type { Artifact } from "@/api/client";
import type { StreamedArtifact } from "@/lib/artifact-stream";

/** By piece of an answer, the artifact that it became: by its name, else in the order of those of the same kind. */
export function matchArtifacts(pieces: readonly StreamedArtifact[], artifacts: readonly Artifact[]): ReadonlyMap<StreamedArtifact, Artifact> {
  const left = new Set(artifacts);
  const matches = new Map<StreamedArtifact, Artifact>();
  const take = (isSame: (piece: StreamedArtifact, artifact: Artifact) => boolean) => {
    for (const piece of pieces) {
      if (matches.has(piece)) continue;
      const artifact = [...left].find((one) => isSame(piece, one));
      if (!artifact) continue;
      matches.set(piece, artifact);
      left.delete(artifact);
    }
  };
  take((piece, { identifier }) => piece.identifier !== "" && piece.identifier === identifier);
  take((piece, { title, file_name }) => piece.title !== "" && (piece.title === title || piece.title === file_name));
  take((piece, { language }) => piece.language !== "" && piece.language === language);
  take((piece, { type }) => piece.type === type);
  return matches;
}
