import { useQuery } from "@tanstack/react-query";
import { CopyIcon, DownloadIcon, UnlinkIcon } from "lucide-react";
import { Tabs } from "radix-ui";

import { type ArtifactType, Refused } from "@/api/client";
import { fileName } from "@/components/markdown/file-name";
import { CopyButton } from "@/components/markdown/copy-button";
import { PlainButton } from "@/components/ui/plain-button";
import { Empty, Failed, Skeleton } from "@/components/ui/state";
import { type Linked, linkedQuery } from "@/data/shares";
import { useT } from "@/features/artifacts/texts";
import { useLanguage } from "@/i18n";
import { download } from "@/lib/download";
import { dateTime } from "@/lib/time";

import { CodeView } from "./code-view";
import { SHOWN, kindOf } from "./kind";
import { LinkPreview } from "./preview/artifact-preview";
import { Rendered, SAFE } from "./rendered";
import { TypeIcon } from "./type-icon";
import { ViewTabs } from "./view-tabs";

/** The page behind a share link. */
export function LinkedPage({ token }: { token: string }) {
  const t = useT();
  const { data, error, refetch } = useQuery(linkedQuery(token));
  if (error instanceof Refused && error.status < 500)
    return (
      <div className="m-auto">
        <title>{`${t("artifacts.linked")} · ${t("app.name")}`}</title>
        <Empty icon={<UnlinkIcon aria-hidden />} title={t("artifacts.linked.unavailable")}>
          <p>{t("artifacts.linked.unavailable.hint")}</p>
        </Empty>
      </div>
    );
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  return data ? <LinkedArtifact token={token} linked={data} /> : <Skeleton className="m-6 h-40" />;
}

function LinkedArtifact({ token, linked }: { token: string; linked: Linked }) {
  const t = useT();
  const when = useLanguage();
  const { title, language, content, revision, updated_at: at } = linked;
  const type = linked.type as ArtifactType;
  const views = SHOWN.has(type) ? (["preview", "code"] as const) : (["code"] as const);
  return (
    <Tabs.Root defaultValue={views[0]} className="mx-auto flex min-h-0 w-full max-w-5xl flex-1 flex-col">
      <title>{`${title} · ${t("app.name")}`}</title>
      <header className="flex items-center gap-2 py-3 ps-5 pe-3">
        <TypeIcon type={type} className="size-5 text-muted" />
        <div className="min-w-0 flex-1">
          <h1 dir="auto" className="truncate font-medium">
            {title}
          </h1>
          <p className="truncate text-xs text-muted">
            {kindOf({ type, language }, t)} · {t("artifacts.revision", { number: revision })} · {dateTime(at, when)}
          </p>
        </div>
        <CopyButton label={t("artifacts.copy")} text={() => content} icon={<CopyIcon aria-hidden />} />
        <PlainButton label={t("artifacts.download")} onClick={() => download(new Blob([content], { type: "text/plain" }), nameOf(linked))}>
          <DownloadIcon aria-hidden />
        </PlainButton>
      </header>
      {views.length > 1 && (
        <div className="px-4 pb-2">
          <ViewTabs views={views} />
        </div>
      )}
      {views.map((view) => (
        <Tabs.Content key={view} value={view} tabIndex={-1} className="flex min-h-0 flex-1 flex-col border-t data-[state=inactive]:hidden">
          {view === "code" && <CodeView text={content} language={language || type} label={title} />}
          {view === "preview" && SAFE.has(type) && <Rendered type={type} text={content} title={title} />}
          {view === "preview" && !SAFE.has(type) && <LinkPreview token={token} title={title} />}
        </Tabs.Content>
      ))}
      <p className="border-t px-5 py-2 font-serif text-sm text-muted">{t("app.name")}</p>
    </Tabs.Root>
  );
}

/** The file name for a download: the title if it is one. */
function nameOf({ title, language, type }: Linked): string {
  return /^[\p{L}\p{N} ._-]+\.\w{1,8}$/u.test(title) ? title : fileName(language || type);
}
