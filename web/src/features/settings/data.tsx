import { useQuery } from "@tanstack/react-query";

import { Skeleton } from "@/components/ui/state";
import { usageQuery } from "@/data/usage";
import { useT } from "@/features/settings/texts";
import { type Key, useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";

import { Danger } from "./danger";
import { ExportButton } from "./export-button";
import { bytes } from "./figures";
import { Import } from "./import";
import { Section } from "./section";
import { Trash } from "./trash";

/** Storage use, export, import, trash and deletion. */
export function Data() {
  const t = useT();
  return (
    <>
      <Section title={t("data.storage")}>
        <StorageUse />
      </Section>
      <Section title={t("data.export")} hint={t("data.export.hint")}>
        <ExportButton />
      </Section>
      <Section title={t("data.import")} hint={t("data.import.hint")}>
        <Import />
      </Section>
      <Section title={t("data.trash")}>
        <Trash />
      </Section>
      <Danger />
    </>
  );
}

function StorageUse() {
  const t = useT();
  const language = useLanguage();
  const { data, error } = useQuery(usageQuery);
  if (error) return <p role="alert">{explain(error)}</p>;
  if (!data) return <Skeleton className="h-28" />;
  return (
    <table className="w-full text-sm">
      <thead className="text-xs text-muted">
        <tr>
          <th className="py-1 text-start font-medium">{t("data.kind")}</th>
          <th className="py-1 text-end font-medium">{t("data.count")}</th>
          <th className="py-1 text-end font-medium">{t("data.size")}</th>
        </tr>
      </thead>
      <tbody>
        {data.items.map(({ kind, count, bytes: size }) => (
          <tr key={kind} className="border-t">
            <th className="py-1.5 text-start font-normal">{t(`data.kind.${kind}` as Key)}</th>
            <td className="py-1.5 text-end tabular-nums">{count.toLocaleString(language)}</td>
            <td className="py-1.5 text-end tabular-nums">{size === null ? "" : bytes(size, language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
