import type { KeyboardEvent, PointerEvent } from "react";

import { useT } from "@/features/artifacts/texts";
import { prefer, usePreferences } from "@/lib/preferences";

/** In percent of the shared width. */
const LEAST = 25;
const MOST = 75;
const STEP = 5;

export function useWidth(): number {
  return usePreferences((state) => bounded(state.panelWidth));
}

const bounded = (width: number) => Math.min(MOST, Math.max(LEAST, width));

/** The resizable separator between conversation and panel, for pointer and arrow keys. */
export function Separator() {
  const t = useT();
  const width = useWidth();
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: width + STEP, ArrowRight: width - STEP, Home: MOST, End: LEAST };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    prefer({ panelWidth: bounded(next) });
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={t("artifacts.resize")}
      aria-orientation="vertical"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={width}
      className="relative z-10 w-px shrink-0 cursor-col-resize touch-none bg-line after:absolute after:inset-y-0 after:-inset-x-1.5 hover:bg-accent focus-visible:bg-accent"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
    />
  );
}

function move({ currentTarget, clientX, pointerId }: PointerEvent): void {
  if (!currentTarget.hasPointerCapture(pointerId)) return;
  const room = currentTarget.parentElement?.getBoundingClientRect();
  if (room) prefer({ panelWidth: bounded(Math.round((100 * (room.right - clientX)) / room.width)) });
}
