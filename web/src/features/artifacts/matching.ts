import type { Artifact } from "@/api/client";
import type { StreamedArtifact } from "@/lib/artifact-stream";

/** The stored artifact of each streamed one: by name, else by order among those of the same type. */
export function matchArtifacts(streamed: readonly StreamedArtifact[], artifacts: readonly Artifact[]): ReadonlyMap<StreamedArtifact, Artifact> {
  const left = new Set(artifacts);
  const matches = new Map<StreamedArtifact, Artifact>();
  const take = (isSame: (item: StreamedArtifact, artifact: Artifact) => boolean) => {
    for (const item of streamed) {
      if (matches.has(item)) continue;
      const artifact = [...left].find((one) => isSame(item, one));
      if (!artifact) continue;
      matches.set(item, artifact);
      left.delete(artifact);
    }
  };
  take((item, { identifier }) => item.identifier !== "" && item.identifier === identifier);
  take((item, { title, file_name }) => item.title !== "" && (item.title === title || item.title === file_name));
  take((item, { language }) => item.language !== "" && item.language === language);
  take((item, { type }) => item.type === type);
  return matches;
}
