import { useQuery } from "@tanstack/react-query";
import { PencilIcon } from "lucide-react";
import { Tabs } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";

import { type Artifact, Refused } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/state";
import { artifactQuery, knownArtifact, countUse } from "@/data/artifacts";
import { contentQuery } from "@/data/revisions";
import { useMayWrite } from "@/data/shares";
import { useT } from "@/features/artifacts/texts";
import { explain } from "@/lib/notice";

import { ArtifactHeader } from "./artifact-header";
import { CodeView } from "./code-view";
import { EditView } from "./edit-view";
import { ArtifactNotFound } from "./not-found";
import { HistoryView } from "./history-view";
import { SHOWN } from "./kind";
import { ArtifactPreview } from "./preview/artifact-preview";
import { Rendered, SAFE } from "./rendered";
import { useEdit } from "./use-edit";
import { type View, ViewTabs } from "./view-tabs";

/** One artifact: preview, source, history and actions. */
export function ArtifactView({ id, onClose }: { id: string; onClose?: (() => void) | undefined }) {
  const { data: artifact, error } = useQuery({ ...artifactQuery(id), placeholderData: () => knownArtifact(id) });
  const missing = (error instanceof Refused && error.status === 404) || (artifact !== undefined && artifact.deleted_at !== null);
  if (missing) return <ArtifactNotFound artifact={artifact} onClose={onClose} />;
  if (error) return <p role="alert" className="p-4 text-sm text-danger">{explain(error)}</p>;
  if (!artifact) return <Skeleton className="m-4 h-40" />;
  return <LoadedArtifact key={id} artifact={artifact} onClose={onClose} />;
}

function LoadedArtifact({ artifact, onClose }: { artifact: Artifact; onClose: (() => void) | undefined }) {
  const t = useT();
  useEffect(() => countUse(artifact.id, "opened"), [artifact.id]);
  const editing = useEdit(artifact);
  const mayWrite = useMayWrite(artifact);
  const [chosen, choose] = useState<View>();
  /** A revision other than the newest. */
  const [older, showOlder] = useState<number>();
  const shown = SHOWN.has(artifact.type);
  const view = chosen ?? (editing.edit || !shown ? "code" : "preview");
  const revision = older ?? artifact.revision;
  const content = useQuery(contentQuery(artifact.id, revision));
  const text = content.data?.content;
  const views: readonly View[] = shown ? ["preview", "code", "history"] : ["code", "history"];
  const show = (number: number) => {
    showOlder(number === artifact.revision ? undefined : number);
    choose(undefined);
  };
  return (
    <Tabs.Root value={view} onValueChange={(name) => choose(name as View)} className="flex min-h-0 flex-1 flex-col">
      <ArtifactHeader artifact={artifact} revision={revision} text={text} onClose={onClose} />
      <div className="flex flex-wrap items-center gap-2 px-3 pb-2">
        <ViewTabs views={views} />
        {mayWrite && view === "code" && !editing.edit && text !== undefined && older === undefined && (
          <Button size="small" variant="outline" className="ms-auto" onClick={() => editing.begin(text)}>
            <PencilIcon aria-hidden /> {t("artifacts.edit")}
          </Button>
        )}
      </div>
      {older !== undefined && older !== artifact.revision && view !== "history" && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t bg-warning-soft px-4 py-1.5 text-sm text-warning">
          {t("artifacts.older", { number: older, count: artifact.revision })}
          <Button size="small" variant="outline" className="text-foreground" onClick={() => showOlder(undefined)}>
            {t("artifacts.showLatest")}
          </Button>
        </p>
      )}
      {views.map((name) => (
        <Tabs.Content key={name} value={name} tabIndex={-1} className="flex min-h-0 flex-1 flex-col border-t data-[state=inactive]:hidden">
          {name === "history" && <HistoryView artifact={artifact} onShow={show} />}
          {name === "code" && editing.edit && <EditView artifact={artifact} editing={editing} />}
          {name === "code" && !editing.edit && (
            <Text content={content}>{(text) => <CodeView text={text} language={artifact.language || artifact.type} label={artifact.title} />}</Text>
          )}
          {name === "preview" && !SAFE.has(artifact.type) && (
            <ArtifactPreview artifactId={artifact.id} revision={revision} title={artifact.title} />
          )}
          {name === "preview" && SAFE.has(artifact.type) && (
            <Text content={content}>{(text) => <Rendered type={artifact.type} text={text} title={artifact.title} />}</Text>
          )}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function Text({ content: { data, error }, children }: {
  content: { data: { content: string } | undefined; error: Error | null };
  children: (text: string) => ReactNode;
}) {
  if (error) return <p role="alert" className="p-4 text-sm text-danger">{explain(error)}</p>;
  if (!data) return <Skeleton className="m-4 h-40" />;
  return children(data.content);
}
