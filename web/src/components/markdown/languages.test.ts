import type { LanguageRegistration } from "shiki/core";
import { expect, test } from "vitest";

import { LANGUAGES } from "./languages";

test.each(Object.entries(LANGUAGES))("the grammar of %s goes by the name that it is asked for by", async (_, { name, load }) => {
  const grammars = [(await load()).default].flat() as readonly LanguageRegistration[];
  expect(grammars.some((grammar) => grammar.name === name || grammar.aliases?.includes(name))).toBe(true);
});
