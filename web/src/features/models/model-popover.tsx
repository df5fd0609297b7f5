import { Popover } from "radix-ui";
import type { ComponentProps, RefObject } from "react";

import { ModelList } from "@/features/models/model-list";
import { useT } from "@/i18n";
import { useTouch } from "@/lib/media";

/** The model list in a popover. */
export default function ModelPopover({
  anchor,
  onClose,
  ...list
}: ComponentProps<typeof ModelList> & { anchor: RefObject<HTMLButtonElement | null>; onClose: () => void }) {
  const t = useT();
  const touch = useTouch();
  return (
    <Popover.Root open onOpenChange={onClose}>
      <Popover.Anchor virtualRef={anchor as RefObject<HTMLButtonElement>} />
      <Popover.Portal>
        <Popover.Content
          aria-label={t("models.title")}
          align="start"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-h-[min(28rem,var(--radix-popover-content-available-height))] w-88 max-w-[calc(100vw-1rem)] flex-col overflow-hidden rounded-2xl border bg-raised shadow-xl outline-none animate-in fade-in-0"
          onOpenAutoFocus={(event) => {
            // Focusing the field would open the on-screen keyboard.
            if (!touch || !(event.currentTarget instanceof HTMLElement)) return;
            event.preventDefault();
            event.currentTarget.focus();
          }}
          onInteractOutside={(event) => {
            // The button closes it itself.
            if (event.target instanceof Node && anchor.current?.contains(event.target)) event.preventDefault();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // A dialog that replaced it keeps the focus.
            if (document.activeElement === document.body) anchor.current?.focus();
          }}
        >
          <ModelList {...list} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
