import { useQuery } from "@tanstack/react-query";
import { ExternalLinkIcon, RotateCwIcon, SquareIcon } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";

import { announce } from "@/components/announcer";
import { Button } from "@/components/ui/button";
import { PlainButton } from "@/components/ui/plain-button";
import { Empty, Spinner } from "@/components/ui/state";
import { type PreviewSubject, openPreview, previewQuery } from "@/data/previews";
import { useT } from "@/i18n";
import { explain } from "@/lib/notice";

import { type FrameState, watchFrame } from "./watch-frame";

type Ending = "preview.stopped" | "preview.tooMuchOutput";
type Problem = { number: number; text: string };

/** The number of newest errors that are shown. */
const KEPT = 20;

/** A running artifact, in a frame without origin and network that can always be stopped. */
export function ArtifactPreview({ artifactId, revision, title }: { artifactId: string; revision: number; title: string }) {
  return <PreviewRuns key={`${artifactId} ${revision}`} what={{ artifactId, revision }} title={title} />;
}

/** The artifact of a share link, in the same sandbox. */
export function LinkPreview({ token, title }: { token: string; title: string }) {
  return <PreviewRuns key={token} what={{ token }} title={title} />;
}

function PreviewRuns({ what, title }: { what: PreviewSubject; title: string }) {
  const [look, setLook] = useState(0);
  return <PreviewRun key={look} what={what} look={look} title={title} onAgain={() => setLook(look + 1)} />;
}

/** One run, from its URL to its end. */
function PreviewRun({ what, look, title, onAgain }: { what: PreviewSubject; look: number; title: string; onAgain: () => void }) {
  const t = useT();
  const { data, error } = useQuery(previewQuery(what, look));
  const [ending, setEnding] = useState<Ending>();
  if (error) return <PreviewStopped title={t("app.failed")} hint={explain(error)} onAgain={onAgain} />;
  if (ending) return <PreviewStopped title={t(ending)} onAgain={onAgain} />;
  if (data)
    return (
      <Running url={data.frame_url} title={title} onEnd={setEnding}>
        <PlainButton label={t("preview.openInTab")} onClick={() => void openPreview(what)}>
          <ExternalLinkIcon aria-hidden />
        </PlainButton>
        <PlainButton label={t("preview.reload")} onClick={onAgain}>
          <RotateCwIcon aria-hidden />
        </PlainButton>
      </Running>
    );
  return (
    <Centered>
      <Spinner />
    </Centered>
  );
}

interface RunningProps {
  url: string;
  title: string;
  onEnd: (ending: Ending) => void;
  /** More actions. */
  children: ReactNode;
}

function Running({ url, title, onEnd, children }: RunningProps) {
  const t = useT();
  const frame = useRef<HTMLIFrameElement>(null);
  const [state, setState] = useState<FrameState>("loading");
  const [errors, setErrors] = useState<readonly Problem[]>([]);
  const onFlood = useEffectEvent(() => onEnd("preview.tooMuchOutput"));
  useEffect(() => {
    if (!frame.current) return;
    const onError = (text: string) =>
      setErrors((previous) => [...previous, { number: (previous.at(-1)?.number ?? 0) + 1, text }].slice(-KEPT));
    return watchFrame(frame.current, { onState: setState, onError, onFlood: () => onFlood() });
  }, []);
  const words = state === "busy" || state === "failed" ? t(`preview.${state}`) : "";
  useEffect(() => {
    if (words) announce(words);
  }, [words]);
  return (
    <section aria-label={t("preview.title", { title })} className="flex h-full min-h-0 flex-col">
      <iframe
        ref={frame}
        src={url}
        title={t("preview.title", { title })}
        sandbox="allow-scripts"
        referrerPolicy="no-referrer"
        className="min-h-0 w-full flex-1 bg-white scheme-light"
      />
      <div className="flex items-start gap-1 border-t px-2 py-1 text-sm">
        <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 self-center">
          {state === "loading" && <Spinner />}
          {words && <span className="text-warning">{words}</span>}
          {errors.length > 0 && <Errors errors={errors} />}
        </div>
        {state === "busy" ? (
          <Button size="small" variant="danger" onClick={() => onEnd("preview.stopped")}>
            {t("preview.stop")}
          </Button>
        ) : (
          <PlainButton label={t("preview.stop")} onClick={() => onEnd("preview.stopped")}>
            <SquareIcon aria-hidden />
          </PlainButton>
        )}
        {children}
      </div>
    </section>
  );
}

function Errors({ errors }: { errors: readonly Problem[] }) {
  const t = useT();
  return (
    <details className="min-w-0">
      <summary className="cursor-pointer py-1 text-danger">{t("preview.errors", { count: errors.at(-1)?.number ?? 0 })}</summary>
      <ol className="max-h-40 overflow-y-auto font-mono text-xs">
        {errors.map(({ number, text }) => (
          <li key={number} className="break-words whitespace-pre-wrap">
            {text}
          </li>
        ))}
      </ol>
    </details>
  );
}

function PreviewStopped({ title, hint, onAgain }: { title: string; hint?: string; onAgain: () => void }) {
  const t = useT();
  return (
    <Centered>
      <Empty title={title}>
        {hint}
        <Button variant="outline" onClick={onAgain}>
          <RotateCwIcon aria-hidden />
          {t("preview.reload")}
        </Button>
      </Empty>
    </Centered>
  );
}

function Centered({ children }: { children: ReactNode }) {
  return <div className="grid h-full place-items-center">{children}</div>;
}
