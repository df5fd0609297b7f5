/** Registers the texts of artifacts; imported wherever they are used. */
import { registerTexts } from "@/i18n";
import { artifacts } from "@/i18n/en/artifacts";

registerTexts(artifacts);

export { t, useT } from "@/i18n";
