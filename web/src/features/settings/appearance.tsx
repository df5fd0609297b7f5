import { MonitorIcon, MoonIcon, SunIcon } from "lucide-react";

import { Select, Switch } from "@/components/ui/field";
import { Choice } from "./choice";
import { Row, Section } from "./section";
import { useT } from "@/features/settings/texts";
import { LANGUAGES, chooseLanguage } from "@/i18n";
import { type Language, prefer, usePreferences } from "@/lib/preferences";

const SIZES = [90, 100, 110, 125, 150] as const;

export function Appearance() {
  const t = useT();
  const preferences = usePreferences();
  const themes = [
    { value: "light", label: <IconLabel icon={<SunIcon aria-hidden />} text={t("appearance.light")} /> },
    { value: "dark", label: <IconLabel icon={<MoonIcon aria-hidden />} text={t("appearance.dark")} /> },
    { value: "system", label: <IconLabel icon={<MonitorIcon aria-hidden />} text={t("appearance.system")} /> },
  ] as const;
  const widths = [
    { value: "narrow", label: t("appearance.narrow") },
    { value: "normal", label: t("appearance.normal") },
    { value: "wide", label: t("appearance.wide") },
  ] as const;
  return (
    <>
      <Section title={t("appearance.look")}>
        <Row label={t("appearance.theme")}>
          <Choice label={t("appearance.theme")} value={preferences.theme} options={themes} onChange={(theme) => prefer({ theme })} />
        </Row>
        <Row label={t("appearance.size")}>
          <Select
            aria-label={t("appearance.size")}
            value={preferences.fontSize}
            onChange={(event) => prefer({ fontSize: Number(event.target.value) })}
          >
            {SIZES.map((size) => (
              <option key={size} value={size}>
                {size} %
              </option>
            ))}
          </Select>
        </Row>
        <Row label={t("appearance.width")}>
          <Choice label={t("appearance.width")} value={preferences.width} options={widths} onChange={(width) => prefer({ width })} />
        </Row>
        <Row label={t("appearance.language")}>
          <Select
            aria-label={t("appearance.language")}
            value={preferences.language ?? ""}
            onChange={(event) => void chooseLanguage((event.target.value || undefined) as Language | undefined)}
          >
            <option value="">{t("appearance.browserLanguage")}</option>
            {Object.entries(LANGUAGES).map(([language, name]) => (
              <option key={language} value={language} lang={language}>
                {name}
              </option>
            ))}
          </Select>
        </Row>
      </Section>
      <Section title={t("appearance.composer")}>
        <Row label={t("appearance.sendWithEnter")} hint={t("appearance.sendWithEnter.hint")}>
          <Switch
            aria-label={t("appearance.sendWithEnter")}
            checked={preferences.enterSends}
            onCheckedChange={(enterSends) => prefer({ enterSends })}
          />
        </Row>
      </Section>
    </>
  );
}

function IconLabel({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <>
      {icon}
      {text}
    </>
  );
}
