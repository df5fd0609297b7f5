import { Slot } from "radix-ui";
import { type ReactNode, Suspense, type SyntheticEvent, useEffect, useRef } from "react";
import { create } from "zustand";

import { lazily } from "@/lib/lazily";

const Bubble = lazily(() => import("@/components/ui/bubble"));

export type Side = "top" | "bottom" | "left" | "right";

export interface Hinted {
  readonly anchor: Element;
  readonly label: string;
  readonly shortcut: ReactNode;
  readonly side: Side;
}

/** In milliseconds: before a hint is shown, and before it goes, so that a pointer can reach it. */
const PAUSE = 500;
const LINGER = 120;

const useHinted = create<{ hinted: Hinted | undefined }>(() => ({ hinted: undefined }));
let timer: ReturnType<typeof setTimeout> | undefined;

function after(pause: number, hinted: Hinted | undefined): void {
  clearTimeout(timer);
  if (pause > 0) timer = setTimeout(after, pause, 0, hinted);
  else useHinted.setState({ hinted: hinted?.anchor.isConnected ? hinted : undefined });
}

function hide(): void {
  after(0, undefined);
}

/** A tooltip. What it says must be said elsewhere too: on a phone nobody sees it, and no screen reader says it. */
export function Hint({
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
    after(pause, { anchor: currentTarget, label, shortcut, side });
  };
  useEffect(
    () => () => {
      if (anchor.current && useHinted.getState().hinted?.anchor === anchor.current) hide();
    },
    [],
  );
  return (
    <Slot.Root
      onPointerEnter={(event) => {
        if (event.pointerType !== "touch") show(event, useHinted.getState().hinted ? 0 : PAUSE);
      }}
      onPointerLeave={() => after(useHinted.getState().hinted ? LINGER : 0, undefined)}
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
export function Hints() {
  const hinted = useHinted((state) => state.hinted);
  return (
    <Suspense>
      {hinted && <Bubble key={hinted.label} {...hinted} onReach={() => clearTimeout(timer)} onLeave={hide} />}
    </Suspense>
  );
}
