import { Kbd } from "@/components/ui/state";
import { Row, Section } from "./section";
import { useT } from "@/features/settings/texts";
import { EDITING, SHORTCUTS, type Shortcut, keyName } from "@/lib/shortcuts";

/** The list of keyboard shortcuts. */
export function Shortcuts() {
  const t = useT();
  return (
    <>
      <Section title={t("settings.shortcuts.everywhere")}>
        <Keys shortcuts={Object.values(SHORTCUTS)} />
      </Section>
      <Section title={t("settings.shortcuts.writing")}>
        <Keys shortcuts={EDITING} />
      </Section>
    </>
  );
}

function Keys({ shortcuts }: { shortcuts: readonly Shortcut[] }) {
  const t = useT();
  return shortcuts.map(({ label, keys }) => (
    <Row key={label} label={t(label)}>
      <span className="flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{keyName(key, t)}</Kbd>
        ))}
      </span>
    </Row>
  ));
}
