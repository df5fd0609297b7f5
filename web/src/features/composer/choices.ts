/** What is chosen for one message. */
import type { Choices } from "@/lib/drafts";

/** The choices with other rules. */
export function withRules(choices: Choices, rules: readonly string[]): Choices {
  const { rules: _, ...others } = choices;
  return rules.length > 0 ? { ...others, rules } : others;
}
