import type { Texts } from "@/i18n";

import { artifacts } from "./artifacts";
import { common } from "./common";
import { composer } from "./composer";
import { fields } from "./fields";
import { library } from "./library";
import { models } from "./models";
import { preview } from "./preview";
import { projects } from "./projects";
import { search } from "./search";
import { settings } from "./settings";
import { shortcuts } from "./shortcuts";
import { sidebar } from "./sidebar";
import { thread } from "./thread";

export const de: Texts = {
  ...artifacts,
  ...common,
  ...composer,
  ...fields,
  ...library,
  ...models,
  ...preview,
  ...projects,
  ...search,
  ...settings,
  ...shortcuts,
  ...sidebar,
  ...thread,
};
