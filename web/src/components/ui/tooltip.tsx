import { Slot } from "radix-ui";
import { type ReactNode, Suspense, type SyntheticEvent, useEffect, useRef } from "react";
import { create } from "zustand";

import { lazyComponent } from "@/lib/lazy";

const TooltipContent = lazyComponent(() => import("@/components/ui/tooltip-content"));

export type Side = "top" | "bottom" | "left" | "right";

export interface TooltipTarget {
  readonly anchor: Element;
  readonly label: string;
  readonly shortcut: ReactNode;
  readonly side: Side;
}

/** Delays before a tooltip appears, and before it disappears so that the pointer can reach it, in milliseconds. */
const SHOW_DELAY = 500;
const HIDE_DELAY = 120;

const useTarget = create<{ target: TooltipTarget | undefined }>(() => ({ target: undefined }));
let timer: ReturnType<typeof setTimeout> | undefined;

function setTargetAfter(pause: number, target: TooltipTarget | undefined): void {
  clearTimeout(timer);
  if (pause > 0) timer = setTimeout(setTargetAfter, pause, 0, target);
  else useTarget.setState({ target: target?.anchor.isConnected ? target : undefined });
}

function hide(): void {
  setTargetAfter(0, undefined);
}

/** A tooltip. Its text must also exist elsewhere: phones and screen readers do not show it. */
export function Tooltip({
  label,
  shortcut,
  side = "bottom",
  children,
}: {
  label: string;
  shortcut?: ReactNode;
  side?: Side;
  children: ReactNode;
}) {
  const anchor = useRef<Element>(null);
  const show = ({ currentTarget }: SyntheticEvent, pause: number) => {
    anchor.current = currentTarget;
    setTargetAfter(pause, { anchor: currentTarget, label, shortcut, side });
  };
  useEffect(
    () => () => {
      if (anchor.current && useTarget.getState().target?.anchor === anchor.current) hide();
    },
    [],
  );
  return (
    <Slot.Root
      onPointerEnter={(event) => {
        if (event.pointerType !== "touch") show(event, useTarget.getState().target ? 0 : SHOW_DELAY);
      }}
      onPointerLeave={() => setTargetAfter(useTarget.getState().target ? HIDE_DELAY : 0, undefined)}
      onPointerDown={hide}
      onFocus={(event) => {
        if (event.target === event.currentTarget && event.currentTarget.matches(":focus-visible")) show(event, 0);
      }}
      onBlur={hide}
    >
      {children}
    </Slot.Root>
  );
}

/** Renders the tooltip: one at a time for the whole page. */
export function TooltipHost() {
  const target = useTarget((state) => state.target);
  return (
    <Suspense>
      {target && <TooltipContent key={target.label} {...target} onReach={() => clearTimeout(timer)} onLeave={hide} />}
    </Suspense>
  );
}
