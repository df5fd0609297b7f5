import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { useDeleteAll, useEmptyTrash, usageQuery } from "@/data/usage";
import { useT } from "@/features/settings/texts";

import { ExportButton } from "./export-button";
import { Row } from "./section";

/** Irreversible actions: last on the page, with exact numbers and typed confirmation. */
export function Danger() {
  const t = useT();
  const { data } = useQuery(usageQuery);
  const [confirming, setConfirming] = useState<"trashAll" | "emptyTrash">();
  const deleteAll = useDeleteAll();
  const emptyTrash = useEmptyTrash();
  const number = (kind: string) => data?.items.find((item) => item.kind === kind)?.count ?? 0;
  const counts = { trashAll: number("conversations"), emptyTrash: number("trash") };
  return (
    <section className="mt-6 flex flex-col gap-4 rounded-xl border border-danger p-5">
      <div>
        <h2 className="font-semibold text-danger">{t("data.danger")}</h2>
        <p className="mt-1 text-sm text-muted">{t("data.danger.hint")}</p>
      </div>
      {(["trashAll", "emptyTrash"] as const).map((what) => (
        <Row key={what} label={t(`data.danger.${what}`)}>
          <Button variant="outline" className="text-danger" disabled={counts[what] === 0} onClick={() => setConfirming(what)}>
            {t(`data.danger.${what}`)}
          </Button>
        </Row>
      ))}
      {confirming && (
        <Confirm
          open
          onOpenChange={() => setConfirming(undefined)}
          title={t(`data.danger.${confirming}`)}
          description={t(`data.danger.${confirming}.hint`, { count: counts[confirming] })}
          action={t(`data.danger.${confirming}`)}
          typed={{ label: t("data.danger.type", { word: t("data.danger.word") }), word: t("data.danger.word") }}
          onConfirm={() => (confirming === "trashAll" ? deleteAll : emptyTrash).mutate()}
        >
          <ExportButton />
        </Confirm>
      )}
    </section>
  );
}
