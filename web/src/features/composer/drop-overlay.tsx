import { ImagePlusIcon } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

import { useT } from "@/i18n";

/** Accepts files dropped anywhere on the page, with an overlay during the drag. */
export function DropOverlay({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const t = useT();
  const [above, setAbove] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    let depth = 0;
    let own = false; // an element of the page is being dragged, such as an image in a response
    const carries = (event: DragEvent) =>
      !own && event.dataTransfer?.types.includes("Files") === true && !document.querySelector("[role=dialog]");
    const move = (event: DragEvent, by: number) => {
      if (!carries(event)) return;
      depth = Math.max(0, depth + by);
      setAbove(depth > 0);
    };
    const listeners: Partial<Record<keyof DocumentEventMap, (event: DragEvent) => void>> = {
      dragstart: () => (own = true),
      dragend: () => (own = false),
      dragenter: (event) => move(event, 1),
      dragleave: (event) => move(event, -1),
      dragover: (event) => carries(event) && event.preventDefault(),
      drop: (event) => {
        if (!carries(event) || !event.dataTransfer) return;
        event.preventDefault();
        depth = 0;
        setAbove(false);
        take([...event.dataTransfer.files]);
      },
    };
    const all = Object.entries(listeners) as [string, EventListener][];
    for (const [name, hear] of all) document.addEventListener(name, hear);
    return () => {
      for (const [name, hear] of all) document.removeEventListener(name, hear);
    };
  }, []);
  if (!above) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 flex items-center justify-center bg-background/80 p-4 animate-in fade-in-0">
      <p className="flex items-center gap-3 rounded-2xl border-2 border-dashed border-accent bg-raised px-8 py-6 font-medium shadow-xl">
        <ImagePlusIcon aria-hidden className="size-6 text-accent" />
        {t("composer.drop")}
      </p>
    </div>
  );
}
