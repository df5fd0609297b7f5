import { Dialog } from "radix-ui";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

import { useT } from "@/features/artifacts/texts";
import { useWide } from "@/lib/media";

import { ArtifactView } from "./artifact-view";
import { DraftView } from "./draft-view";
import { readDraftId } from "./drafts";
import { Separator, useWidth } from "./separator";

interface PanelProps {
  /** The id of an artifact or of a draft. */
  shown: string;
  /** Called to show another artifact instead. */
  onShow: (id: string) => void;
  onClose: () => void;
}

/** An artifact beside its conversation, or in front of it on narrow screens. */
export default function Panel({ shown, onShow, onClose }: PanelProps) {
  const wide = useWide();
  const draft = readDraftId(shown);
  const content = draft ? (
    <DraftView key={shown} draft={draft} onStored={onShow} onClose={onClose} />
  ) : (
    <ArtifactView key={shown} id={shown} onClose={onClose} />
  );
  return wide ? <Beside onClose={onClose}>{content}</Beside> : <ModalPanel onClose={onClose}>{content}</ModalPanel>;
}

function Beside({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const t = useT();
  const width = useWidth();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Opening it from a card moves the focus here; a page that loads with it keeps the focus.
    if (document.activeElement?.matches("[data-artifact], [aria-expanded]")) panel.current?.focus({ preventScroll: true });
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
    if (event.key !== "Escape" || event.defaultPrevented || !inside || isWriting(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    onClose();
  };
  return (
    <>
      <Separator />
      <aside
        ref={panel}
        tabIndex={-1}
        aria-label={t("artifacts.panel")}
        style={{ width: `${width}%` }}
        className="min-w-80 shrink-0 bg-background outline-none"
      >
        <div role="presentation" className="flex h-full flex-col" onKeyDown={onKeyDown}>
          {children}
        </div>
      </aside>
    </>
  );
}

function ModalPanel({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const t = useT();
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          onEscapeKeyDown={(event) => isWriting(event.target) && event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={focusItself}
          className="fixed inset-0 z-40 flex flex-col bg-background pt-[env(safe-area-inset-top)] pb-[env(safe-area-inset-bottom)] outline-none animate-in fade-in-0"
        >
          <Dialog.Title className="sr-only">{t("artifacts.panel")}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Focuses the panel: a focus ring on its first button would be unexpected. */
function focusItself(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

/** Fields handle Escape themselves. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".cm-editor, input, textarea, [role=menu]") !== null;
}
