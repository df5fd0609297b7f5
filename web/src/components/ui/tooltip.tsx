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

/** In milliseconds: before a hint is shown, and before it goes, so that a pointer can reach it. */
const SHOW_DELAY = 500;
const HIDE_DELAY = 120;

const useTarget = create<{ target: TooltipTarget | undefined }>(() => ({ target: undefined }));
let timer: ReturnType<typeof setTimeout> | undefined;

function setTargetAfter(pause: number, hinted: TooltipTarget | undefined): void {
  clearTimeout(timer);
  if (pause > 0) timer = setTimeout(setTargetAfter, pause, 0, hinted);
  else useTarget.setState({ target: hinted?.anchor.isConnected ? hinted : undefined });
}

function hide(): void {
  setTargetAfter(0, undefined);
}

/** A tooltip. What it says must be said elsewhere too: on a phone nobody sees it, and no screen reader says it. */
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

/** Where hints are shown: one at a time, for the whole page. */
export function TooltipHost() {
  const hinted = useTarget((state) => state.target);
  return (
    <Suspense>
      {hinted && <TooltipContent key={hinted.label} {...hinted} onReach={() => clearTimeout(timer)} onLeave={hide} />}
    </Suspense>
  );
}
