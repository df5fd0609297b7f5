import { expect, it } from "vitest";

import { matchingActions } from "@/features/search/matching-actions";

const actions = ["New chat", "Settings", "Dark colours", "Light colours"].map((label) => ({ label }));
const found = (q: string) => matchingActions(actions, q).map(({ label }) => label);

it("finds actions that have every word in their label", () => {
  expect(found("")).toHaveLength(4);
  expect(found("COL")).toEqual(["Dark colours", "Light colours"]);
  expect(found("colours dark")).toEqual(["Dark colours"]);
  expect(found("chat rome")).toEqual([]);
});
