import { common } from "./common";
import { composer } from "./composer";
import { models } from "./models";
import { preview } from "./preview";
import { projects } from "./projects";
import { shortcuts } from "./shortcuts";
import { sidebar } from "./sidebar";
import { thread } from "./thread";

/** What the first page needs; those of artifacts, settings and the search come with these. */
export const en = {
  ...common,
  ...composer,
  ...models,
  ...preview,
  ...projects,
  ...shortcuts,
  ...sidebar,
  ...thread,
} as const;
