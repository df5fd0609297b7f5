import { expect, test } from "vitest";

import type { Artifact } from "@/api/client";

import { type ArtifactFilter, type ArtifactList, withArtifact } from "./artifact-list";

const artifact = (id: string, day: number, fields: Partial<Artifact> = {}) =>
  ({ id, type: "code", language: "python", updated_at: `2026-05-${day}T00:00:00Z`, deleted_at: null, conversation_id: "talk", ...fields }) as Artifact;

const listed: ArtifactList = { pages: [{ items: [artifact("a", 20), artifact("b", 10)], next: null }], pageParams: [undefined] };
const after = (filter: ArtifactFilter, now: Artifact, mine = true) =>
  withArtifact(listed, filter, now, mine)
    .pages.flatMap(({ items }) => items)
    .map(({ id }) => id);

test("what was changed last stands first", () => {
  expect(after({}, artifact("b", 25))).toEqual(["b", "a"]);
  expect(after({}, artifact("c", 15))).toEqual(["a", "c", "b"]);
});

test("a list has what it is asked for, and nothing else", () => {
  expect(after({ type: "code" }, artifact("b", 25, { type: "html" }))).toEqual(["a"]);
  expect(after({}, artifact("b", 10, { deleted_at: "2026-05-26T00:00:00Z" }))).toEqual(["a"]);
  expect(after({}, artifact("c", 15, { temporary: true }))).toEqual(["a", "b"]);
  expect(after({ conversation_id: "talk" }, artifact("c", 15, { temporary: true }))).toEqual(["a", "c", "b"]);
  expect(after({ to: "2026-05-15T00:00:00Z" }, artifact("c", 15))).toEqual(["a", "b"]);
});

test("a collection gains nothing by a change of what is not in it", () => {
  expect(after({ collection_id: "some" }, artifact("c", 15))).toEqual(["a", "b"]);
  expect(after({ collection_id: "some" }, artifact("b", 25))).toEqual(["b", "a"]);
});

test("what somebody else shares comes into no list by being changed", () => {
  expect(after({}, artifact("c", 15), false)).toEqual(["a", "b"]);
  expect(after({ shared: true }, artifact("c", 15), false)).toEqual(["a", "b"]);
  expect(after({ shared: true }, artifact("b", 25), false)).toEqual(["b", "a"]);
});
