import { expect, test } from "vitest";

import { artifactParameters, artifactSearch, isNarrowed } from "./artifact-search";

test("what an address asks for is read, and nonsense is left out", () => {
  expect(artifactSearch({ q: "tide", type: "html", view: "trash", from: "2026-03-01", collection: "c" })).toEqual({
    q: "tide",
    type: "html",
    view: "trash",
    from: "2026-03-01",
    collection: "c",
  });
  expect(artifactSearch({ view: "shared", project: "p" })).toEqual({ view: "shared" });
  expect(artifactSearch({ q: "", type: "exe", view: "all", to: "soon", language: 3 })).toEqual({ language: "3" });
});

test("both days are included", () => {
  const { from, to } = artifactParameters({ from: "2026-03-01", to: "2026-03-01" });
  expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe(24 * 3600 * 1000);
});

test("a view and a collection are no filters", () => {
  expect(isNarrowed({ view: "shared", collection: "c" })).toBe(false);
  expect(isNarrowed({ q: "x" })).toBe(true);
  expect(artifactParameters({ view: "trash" })).toEqual({ deleted: true });
});
