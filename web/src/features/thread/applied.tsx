import type { ReactNode } from "react";

import type { Applied as AppliedRecord } from "@/api/client";
import { useT } from "@/i18n";

/** What applied to an answer, as it was: the agent, the template with its values, and the rules with where each came from. */
export function Applied({ applied: { agent, prompt, rules } }: { applied: AppliedRecord }) {
  const t = useT();
  const values = Object.entries(prompt?.values ?? {});
  return (
    <>
      {agent && (
        <Section title={t("thread.applied.agent")}>
          <p dir="auto" className="font-medium">
            {agent.name}
          </p>
          {agent.instructions && <Quoted label={t("thread.applied.instructions")}>{agent.instructions}</Quoted>}
        </Section>
      )}
      {prompt && (
        <Section title={t("thread.applied.prompt")}>
          <p className="font-medium">{t("thread.applied.revision", { name: prompt.name, number: prompt.revision })}</p>
          {values.length > 0 && (
            <dl aria-label={t("thread.applied.values")} className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1">
              {values.map(([name, value]) => (
                <div key={name} className="contents">
                  <dt className="text-muted">{name}</dt>
                  <dd dir="auto" className="min-w-0 wrap-anywhere whitespace-pre-wrap">
                    {typeof value === "string" ? value : JSON.stringify(value)}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </Section>
      )}
      {rules && rules.length > 0 && (
        <Section title={t("thread.applied.rules")}>
          <ul className="flex flex-col gap-2">
            {rules.map(({ id, name, text, source }) => (
              <li key={id}>
                <p>
                  <span dir="auto" className="font-medium">
                    {name}
                  </span>{" "}
                  <span className="text-muted">{t(`thread.applied.from.${source}`)}</span>
                </p>
                <Quoted label={name}>{text}</Quoted>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-1.5 border-t pt-3 text-sm">
      <h3 className="text-muted">{title}</h3>
      {children}
    </section>
  );
}

function Quoted({ label, children }: { label: string; children: string }) {
  return (
    <blockquote aria-label={label} dir="auto" className="max-h-40 overflow-y-auto rounded-lg bg-surface px-3 py-2 wrap-anywhere whitespace-pre-wrap">
      {children}
    </blockquote>
  );
}
