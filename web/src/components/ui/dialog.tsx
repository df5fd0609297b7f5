import { XIcon } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";

import { PlainButton } from "@/components/ui/plain-button";
import { useT } from "@/i18n";
import { cn } from "@/lib/cn";

const overlayClass = "fixed inset-0 z-40 bg-black/40 animate-in fade-in-0";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** Whether the title is only for screen readers. */
  quiet?: boolean;
  description?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/** A dialog: centred, or a sheet from below on a phone. */
export function Dialog({ open, onOpenChange, title, quiet = false, description, className, children }: DialogProps) {
  const t = useT();
  const focus = useRestoredFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClass} />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          {...focus}
          onInteractOutside={(event) => {
            // Notices, such as one with an undo button, do not count as outside.
            if (event.target instanceof Element && event.target.closest("[data-sonner-toaster]")) event.preventDefault();
          }}
          className={cn("dialog", className)}
        >
          <div className={cn("flex items-start justify-between gap-4", quiet && "sr-only")}>
            <div className="flex flex-col gap-1.5">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="text-sm text-muted">{description}</Radix.Description>}
            </div>
            {!quiet && (
              <Radix.Close asChild>
                <PlainButton label={t("app.close")} className="-mt-1 -mr-1.5">
                  <XIcon aria-hidden />
                </PlainButton>
              </Radix.Close>
            )}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/**
 * Returns the focus to its previous owner when a dialog without a trigger closes. The owner is read before
 * the dialog renders, because a field in it may take the focus at once.
 */
function useRestoredFocus(open: boolean) {
  const [was, setWas] = useState(false);
  const [before, setBefore] = useState<Element | null>(null);
  if (open !== was) {
    setWas(open);
    if (open) setBefore(document.activeElement);
  }
  return {
    onOpenAutoFocus: focusItself,
    onCloseAutoFocus(event: Event) {
      event.preventDefault();
      // Another dialog may have replaced it.
      const other = document.activeElement?.closest("[role=dialog]");
      if (before instanceof HTMLElement && before.isConnected && (!other || other.contains(before))) before.focus();
    },
  };
}

/** Focuses the dialog itself: the first button would show its tooltip. */
function focusItself(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

/** The row of buttons of a dialog. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2">{children}</div>;
}

/** A modal drawer from the left. Escape closes it, unless pressed inside an element with `data-escape`. */
export function Drawer({ open, onOpenChange, title, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClass} />
        <Radix.Content
          aria-describedby={undefined}
          data-drawer
          onOpenAutoFocus={focusItself}
          onEscapeKeyDown={(event) => {
            if (event.target instanceof Element && event.target.closest("[data-escape]")) event.preventDefault();
          }}
          className="fixed inset-y-0 left-0 z-50 w-[min(20rem,85vw)] bg-surface shadow-xl outline-none animate-in slide-in-from-left duration-200"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
