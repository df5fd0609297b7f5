import { expect, it } from "vitest";

import { settleAll } from "./settle-all";

it("does a few at a time, and answers for each in its place", async () => {
  let busy = 0;
  let most = 0;
  const results = await settleAll([5, 1, 4, 2, 3, 0], async (pause) => {
    most = Math.max(most, ++busy);
    await new Promise((resolve) => setTimeout(resolve, pause));
    busy--;
    if (pause === 4) throw new Error("refused");
    return pause;
  });
  expect(most).toBe(4);
  expect(results.map((result) => (result.status === "fulfilled" ? result.value : "refused"))).toEqual([5, 1, "refused", 2, 3, 0]);
});

it("has nothing to do with nothing", async () => {
  expect(await settleAll([], () => Promise.resolve())).toEqual([]);
});
