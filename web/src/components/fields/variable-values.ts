/** The values of a template's variables. */
import type { Variable } from "@/api/client";
import type { VariableValues } from "@/data/prompt-templates";

/** The names of required variables without a value. */
export function missingValues(variables: readonly Variable[], values: VariableValues): readonly string[] {
  return variables.filter(({ name, required }) => required === true && values[name] === undefined).map(({ name }) => name);
}

/** The value in a field of a variable; undefined if it is empty. */
export function valueOf(type: Variable["type"], text: string): unknown {
  if (text === "") return undefined;
  if (type === "number") return Number(text);
  if (type === "boolean") return text === "true";
  if (type === "list") return linesOf(text);
  return text;
}

/** The text that a field shows for a value. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.join("\n") : String(value as string | number | boolean);
}

/** The lines of a text that are not blank. */
export function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}
