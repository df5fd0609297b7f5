import { useQuery } from "@tanstack/react-query";

import { usesQuery } from "@/data/artifacts";
import { useT } from "@/features/artifacts/texts";
import { type Key, useLanguage } from "@/i18n";
import { groupBy } from "@/lib/group";

import { Section } from "./section";

const FIGURES = ["made", "edited", "opened", "copied", "exported"] as const;

/** Artifact activity since a day, by type; renders nothing without activity. */
export function ArtifactStatistics({ since }: { since: string }) {
  const t = useT();
  const language = useLanguage();
  const { data = [] } = useQuery(usesQuery);
  const types = [...groupBy(data.filter(({ day }) => day >= since), ({ type }) => type)];
  if (types.length === 0) return null;
  return (
    <Section title={t("artifacts.stats")}>
      <div className="overflow-x-auto">
        <table className="w-full text-sm">
          <thead>
            <tr className="text-xs text-muted">
              <th className="py-1 text-start font-medium">{t("artifacts.filter.type")}</th>
              {FIGURES.map((figure) => (
                <th key={figure} className="py-1 ps-2 text-end font-medium">
                  {t(`artifacts.stats.${figure}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {types.map(([type, uses]) => (
              <tr key={type} className="border-t">
                <th className="py-1.5 text-start font-normal">{t(`artifacts.type.${type}` as Key)}</th>
                {FIGURES.map((figure) => (
                  <td key={figure} className="py-1.5 ps-2 text-end tabular-nums">
                    {uses.reduce((sum, use) => sum + use[figure], 0).toLocaleString(language)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
