import { expect, it } from "vitest";

import { de } from "./de";
import { en } from "./en";
import { artifacts } from "./en/artifacts";
import { fields } from "./en/fields";
import { library } from "./en/library";
import { search } from "./en/search";
import { settings } from "./en/settings";
import { registerTexts, t } from "./index";

const LATER = {
  "features/artifacts": artifacts,
  "components/fields": fields,
  "features/library": library,
  "features/search": search,
  "features/settings": settings,
};
const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.ts", "!./**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The keys that a module uses, including those that it builds from a prefix. */
function said(source: string, keys: readonly string[]): readonly string[] {
  const begun = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map(([, start]) => start ?? "");
  return keys.filter((key) => source.includes(`"${key}"`) || begun.some((start) => key.startsWith(start)));
}

it.each(Object.entries(LATER))("brings the texts of %s wherever one of them is said", (folder, texts) => {
  const needing = Object.entries(sources).filter(([, source]) => said(source, Object.keys(texts)).length > 0);
  expect(needing.length).toBeGreaterThan(2);
  const without = needing.filter(([, source]) => !source.includes(`"@/${folder}/texts"`)).map(([file]) => file);
  // Its callers register the texts and pass the translate function.
  expect(without.filter((file) => file !== "../features/artifacts/kind.ts")).toEqual([]);
});

it("brings the texts of artifacts wherever a kind of them is said", () => {
  const saying = Object.values(sources).filter((source) => source.includes("kindOf(") && !source.includes("export function kindOf("));
  expect(saying.length).toBeGreaterThan(0);
  expect(saying.every((source) => source.includes('"@/features/artifacts/texts"'))).toBe(true);
});

it("has every text once, and in every language", () => {
  const keys = [en, ...Object.values(LATER)].flatMap((texts) => Object.keys(texts));
  expect(keys.toSorted()).toEqual(Object.keys(de).toSorted());
});

it("says a text that came later", () => {
  expect(t("settings.title")).toBe("settings.title");
  registerTexts(settings);
  expect(t("settings.title")).toBe("Settings");
});
