/** Registers the texts of artifacts; imported wherever they are used. */
import { bring } from "@/i18n";
import { artifacts } from "@/i18n/en/artifacts";

bring(artifacts);

export { t, useT } from "@/i18n";
