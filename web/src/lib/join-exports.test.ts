import { expect, it } from "vitest";

import { joinExports } from "./join-exports";

const file = (...records: readonly string[]) => ['{"kind":"export"}', ...records, `{"kind":"end","records":${records.length}}`, ""].join("\n");

it("makes one file of several: what they share is in it once, and its end counts", () => {
  const user = '{"kind":"user"}';
  const joined = joinExports([file(user, '{"id":"a"}'), file(user, '{"id":"b"}')]);
  expect(joined).toBe(file(user, '{"id":"a"}', '{"id":"b"}'));
});

it("leaves one file as it is", () => {
  const one = file('{"id":"a"}');
  expect(joinExports([one])).toBe(one);
});
