import { useQuery } from "@tanstack/react-query";
import { LogOutIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Skeleton } from "@/components/ui/state";
import { type BrowserSession, sessionsQuery, useEndAllSessions, useEndSession } from "@/data/sessions";
import { useT } from "@/features/settings/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";
import { dateTime } from "@/lib/time";

import { Section } from "./section";

/** The sessions of this account, with sign-out. */
export function Sessions() {
  const t = useT();
  const { data, error } = useQuery(sessionsQuery);
  const [confirming, setConfirming] = useState(false);
  const endAll = useEndAllSessions();
  return (
    <Section title={t("sessions.title")} hint={t("sessions.hint")}>
      {error && <p role="alert">{explain(error)}</p>}
      {!data && !error && <Skeleton className="h-16" />}
      {data && (
        <ul aria-label={t("sessions.title")} className="flex flex-col">
          {data.map((session) => (
            <Row key={session.id} session={session} />
          ))}
        </ul>
      )}
      <Button variant="outline" className="self-start text-danger" onClick={() => setConfirming(true)}>
        {t("sessions.endAll")}
      </Button>
      <Confirm
        open={confirming}
        onOpenChange={setConfirming}
        title={t("sessions.endAll")}
        description={t("sessions.endAll.hint")}
        action={t("sessions.endAll")}
        onConfirm={() => endAll.mutate()}
      />
    </Section>
  );
}

function Row({ session }: { session: BrowserSession }) {
  const t = useT();
  const language = useLanguage();
  const end = useEndSession();
  const name = session.browser || t("sessions.unknown");
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t py-2 text-sm first:border-t-0">
      <div className="min-w-40 flex-1">
        <p>
          {name}
          {session.current && <span className="text-muted"> · {t("sessions.current")}</span>}
        </p>
        <p className="text-xs text-muted">{t("sessions.seen", { time: dateTime(session.seen_at, language) })}</p>
      </div>
      <Button
        size="small"
        aria-label={session.current ? t("sessions.end.own") : t("sessions.end.other", { name })}
        disabled={end.isPending}
        onClick={() => end.mutate(session)}
      >
        <LogOutIcon aria-hidden /> {t("sessions.end")}
      </Button>
    </li>
  );
}
