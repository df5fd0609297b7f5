import { expect, it } from "vitest";

import { commandWord, matchingCommands, mentionIn } from "@/features/composer/commands";

const run = () => undefined;
const commands = [
  { name: "new", label: "Start a new chat", run },
  { name: "search", label: "Search everything", run },
  { name: "system", label: "Set the instructions", run },
  { name: "model", label: "Choose who answers", run },
];
const found = (word: string) => matchingCommands(commands, word).map(({ name }) => name);

it.each([
  ["/", ""],
  ["/se", "se"],
  ["/search rome", undefined],
  ["/search\n", undefined],
  [" /search", undefined],
  ["and/or", undefined],
  ["", undefined],
])("sees in %j the command word %j", (text, word) => {
  expect(commandWord(text)).toBe(word);
});

it("offers those whose name begins so, then those that say so", () => {
  expect(found("")).toEqual(["new", "search", "system", "model"]);
  expect(found("s")).toEqual(["search", "system", "new"]);
  expect(found("SE")).toEqual(["search", "system"]);
  expect(found("instr")).toEqual(["system"]);
  expect(found("etc/passwd")).toEqual([]);
});

it.each([
  ["@", { word: "", before: "" }],
  ["Ask @Edi", { word: "Edi", before: "Ask " }],
  ["One\n@e", { word: "e", before: "One\n" }],
  ["me@home", undefined],
  ["@Editor please", undefined],
  ["", undefined],
])("sees in %j the beginning of an agent's name %j", (text, mention) => {
  expect(mentionIn(text)).toEqual(mention);
});

it("finds a name with capitals", () => {
  expect(matchingCommands([{ name: "Weekly report", label: "", run }], "week")).toHaveLength(1);
});
