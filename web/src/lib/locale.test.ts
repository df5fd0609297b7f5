import { expect, it } from "vitest";

import { dateTime } from "./time";
import { localeOf } from "./locale";

it.each<[string, string[], string]>([
  ["en", ["en-GB", "en"], "en-GB"],
  ["en", ["de-AT", "en-GB", "en-US"], "en-GB"],
  ["de", ["de-AT", "en-GB"], "de-AT"],
  ["de", ["en-GB"], "de"],
  ["de", ["den"], "de"],
  ["en", [], "en"],
])("takes %j for somebody who prefers %j to be %j", (language, preferred, variety) => {
  expect(localeOf(language, preferred)).toBe(variety);
});

it("has dates written as they are where the person lives", () => {
  const time = "2026-11-21T22:42:00";
  expect(dateTime(time, localeOf("en", ["en-GB"]))).toBe("21 Nov 2026, 22:42");
  expect(dateTime(time, localeOf("en", ["en-US"]))).toMatch(/^Nov 21, 2026, 10:42\sPM$/);
});
