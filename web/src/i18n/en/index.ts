import { common } from "./common";
import { composer } from "./composer";
import { models } from "./models";
import { preview } from "./preview";
import { projects } from "./projects";
import { shortcuts } from "./shortcuts";
import { sidebar } from "./sidebar";
import { thread } from "./thread";

/** The texts of the first page; those of artifacts, settings and search load with their features. */
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
