import { expect, test } from "vitest";

import type { Message, Part } from "@/api/client";

import { type Row, isStep } from "./rows";

function row(role: Message["role"], ...parts: Part[]): Row {
  return { key: role, id: role, message: { role, parts } as unknown as Message };
}

const call: Part = { type: "tool_call", call_id: "1", name: "weather", arguments: {} };

test("what asks a tool, and what the tool says, are steps on the way to an answer", () => {
  expect(isStep(row("assistant", call), row("tool"))).toBe(true);
  expect(isStep(row("tool"), row("assistant"))).toBe(true);
  expect(isStep(row("assistant", call), row("user"))).toBe(false);
  expect(isStep(row("tool"), undefined)).toBe(false);
});

test("an answer that is followed by another is no step", () => {
  expect(isStep(row("assistant"), row("assistant"))).toBe(false);
  expect(isStep(row("user"), row("assistant"))).toBe(false);
});
