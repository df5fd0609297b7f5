import { CopyIcon, EllipsisIcon, XIcon } from "lucide-react";
import { Suspense, useState } from "react";

import type { Artifact } from "@/api/client";
import { CopyButton } from "@/components/markdown/copy-button";
import { Input } from "@/components/ui/field";
import { PlainButton } from "@/components/ui/plain-button";
import { countUse, useRenameArtifact } from "@/data/artifacts";
import { useT } from "@/features/artifacts/texts";
import { lazyComponent } from "@/lib/lazy";

import { ArtifactMenu, type Dialog } from "./artifact-menu";
import { kindOf } from "./kind";
import { TypeIcon } from "./type-icon";

const ShareDialog = lazyComponent(() => import("./share-dialog"));
const CollectDialog = lazyComponent(() => import("./collect-dialog"));

interface HeaderProps {
  artifact: Artifact;
  /** The revision that is shown. */
  revision: number;
  text: string | undefined;
  onClose: (() => void) | undefined;
}

/** The title of an artifact and its actions. */
export function ArtifactHeader({ artifact, revision, text, onClose }: HeaderProps) {
  const t = useT();
  const [naming, setNaming] = useState(false);
  const [dialog, ask] = useState<Dialog>();
  const copied = () => {
    countUse(artifact.id, "copied");
    return text ?? "";
  };
  return (
    <header className="flex items-center gap-2 py-2 ps-4 pe-2">
      <TypeIcon type={artifact.type} className="size-4 text-muted" />
      <div className="flex min-w-0 flex-1 flex-col">
        {naming ? (
          <Name artifact={artifact} onEnd={() => setNaming(false)} />
        ) : (
          <h2 dir="auto" tabIndex={-1} data-artifact-title className="truncate text-sm font-medium outline-none">
            {artifact.title}
          </h2>
        )}
        <p className="truncate text-xs text-muted">
          {kindOf(artifact, t)} · {t("artifacts.revisionOf", { number: revision, count: artifact.revision })}
        </p>
      </div>
      <CopyButton label={t("artifacts.copy")} text={copied} icon={<CopyIcon aria-hidden />} />
      <ArtifactMenu artifact={artifact} revision={revision} onRename={() => setNaming(true)} onAsk={ask} onDeleted={onClose}>
        <PlainButton label={t("app.more")}>
          <EllipsisIcon aria-hidden />
        </PlainButton>
      </ArtifactMenu>
      {onClose && (
        <PlainButton label={t("app.close")} onClick={onClose}>
          <XIcon aria-hidden />
        </PlainButton>
      )}
      <Suspense>
        {dialog === "share" && <ShareDialog artifact={artifact} onClose={() => ask(undefined)} />}
        {dialog === "collect" && <CollectDialog artifacts={[artifact]} onClose={() => ask(undefined)} />}
      </Suspense>
    </header>
  );
}

function Name({ artifact, onEnd }: { artifact: Artifact; onEnd: () => void }) {
  const t = useT();
  const { mutate: rename } = useRenameArtifact();
  const finish = (title: string) => {
    onEnd();
    if (title.trim() && title !== artifact.title) rename({ artifact, title: title.trim() });
  };
  return (
    <Input
      autoFocus
      defaultValue={artifact.title}
      maxLength={500}
      aria-label={t("artifacts.name")}
      className="h-8"
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing || !["Enter", "Escape"].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        finish(event.key === "Enter" ? event.currentTarget.value : artifact.title);
      }}
    />
  );
}
