import { expect, test } from "vitest";

import type { Artifact } from "@/api/client";
import type { StreamedArtifact } from "@/lib/artifact-stream";

import { matchArtifacts } from "./matching";

const piece = (fields: Partial<StreamedArtifact>): StreamedArtifact => ({ at: 0, element: false, type: "code", language: "", title: "", identifier: "", content: "", closed: true, ...fields });
const artifact = (id: string, fields: Partial<Artifact>) =>
  ({ id, type: "code", language: "", title: id, identifier: "", file_name: "", ...fields }) as Artifact;

test("a piece is the artifact of its name, wherever that stands", () => {
  const named = piece({ identifier: "clock" });
  const filed = piece({ title: "x.py", language: "python" });
  const artifacts = [artifact("a", { language: "python", file_name: "y.py" }), artifact("b", { file_name: "x.py" }), artifact("c", { identifier: "clock" })];
  const found = matchArtifacts([named, filed], artifacts);
  expect(found.get(named)?.id).toBe("c");
  expect(found.get(filed)?.id).toBe("b");
});

test("pieces without names are taken in order, kind by kind", () => {
  const pieces = [piece({ language: "python" }), piece({ language: "js" }), piece({ language: "python" })];
  const artifacts = [artifact("a", { language: "python" }), artifact("b", { language: "python" }), artifact("c", { language: "js" })];
  const found = matchArtifacts(pieces, artifacts);
  expect(pieces.map((one) => found.get(one)?.id)).toEqual(["a", "c", "b"]);
});

test("a piece that nothing came of has none", () => {
  expect(matchArtifacts([piece({ language: "python" })], []).size).toBe(0);
});
