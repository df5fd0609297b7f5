import { expect, it } from "vitest";

import { groupModels, toggled, tokenCount } from "@/features/models/grouping";

const model = (name: string, description = "", chat = true) => ({
  name,
  provider: name.split("/")[0] ?? "",
  context_tokens: 32_000,
  description,
  chat,
  created: null,
  price_in: null,
  price_out: null,
});
const models = [
  model("openai/gpt-10"),
  model("openai/gpt-9"),
  model("local/smollm2", "Demo model"),
  model("anthropic/opus", "Thinks long"),
];
const shown = (query: string, favourites: string[] = [], last?: string) =>
  groupModels(models, query, { favourites, last }).map(
    ({ kind, provider, models }) => `${provider || kind}: ${models.map(({ name }) => name.split("/")[1]).join(", ")}`,
  );

it("groups models by provider, in the order of the list, and in each by their names and numbers", () => {
  expect(shown("")).toEqual(["openai: gpt-9, gpt-10", "local: smollm2", "anthropic: opus"]);
});

it("puts favourites first, in the order of liking, then the last one; each model stands once", () => {
  expect(shown("", ["openai/gpt-10", "anthropic/opus", "gone/away"], "openai/gpt-9")).toEqual([
    "favourites: gpt-10, opus",
    "recent: gpt-9",
    "local: smollm2",
  ]);
  expect(shown("", ["anthropic/opus"], "anthropic/opus")[0]).toEqual("favourites: opus");
});

it("puts models that do not chat apart, after all others", () => {
  const odd = [model("openai/dall-e-3", "", false), model("openai/gpt-9"), model("google/embedding", "", false)];
  const groups = groupModels(odd, "", { favourites: [], last: undefined });
  expect(groups.map(({ kind, models }) => [kind, models.map(({ name }) => name)])).toEqual([
    ["provider", ["openai/gpt-9"]],
    ["other", ["google/embedding", "openai/dall-e-3"]],
  ]);
});

it("finds a model by all words of a query, in its name or description", () => {
  expect(shown("DEMO")).toEqual(["local: smollm2"]);
  expect(shown("gpt 9")).toEqual(["openai: gpt-9"]);
  expect(shown("gpt opus")).toEqual([]);
});

it("adds to a choice and takes from it, within bounds", () => {
  expect(toggled(["a"], "b", 2)).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "c", 2)).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a", 2)).toEqual(["b"]);
  expect(toggled(["b"], "b", 2)).toEqual(["b"]);
});

it("says numbers of tokens in short", () => {
  expect(tokenCount(128_000, "en")).toBe("128K");
  expect(tokenCount(2_048, "en")).toBe("2K");
});
