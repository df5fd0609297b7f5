/** The texts of artifacts come with whatever shows some of them. */
import { bring } from "@/i18n";
import { artifacts } from "@/i18n/en/artifacts";

bring(artifacts);

export { t, useT } from "@/i18n";
