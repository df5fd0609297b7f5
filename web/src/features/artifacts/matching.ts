import type { Artifact } from "@/api/client";
import type { Piece } from "@/lib/pieces";

/** By piece of an answer, the artifact that it became: by its name, else in the order of those of the same kind. */
export function matching(pieces: readonly Piece[], artifacts: readonly Artifact[]): ReadonlyMap<Piece, Artifact> {
  const left = new Set(artifacts);
  const found = new Map<Piece, Artifact>();
  const take = (isSame: (piece: Piece, artifact: Artifact) => boolean) => {
    for (const piece of pieces) {
      if (found.has(piece)) continue;
      const artifact = [...left].find((one) => isSame(piece, one));
      if (!artifact) continue;
      found.set(piece, artifact);
      left.delete(artifact);
    }
  };
  take((piece, { identifier }) => piece.identifier !== "" && piece.identifier === identifier);
  take((piece, { title, file_name }) => piece.title !== "" && (piece.title === title || piece.title === file_name));
  take((piece, { language }) => piece.language !== "" && piece.language === language);
  take((piece, { type }) => piece.type === type);
  return found;
}
