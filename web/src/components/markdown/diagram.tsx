import { type ReactNode, useEffect, useId, useState } from "react";

import { useT } from "@/i18n";

import { drawable } from "./diagram-source";

type Drawing = { code: string; dark: boolean; address?: string };

let drawing: Promise<unknown> = Promise.resolve();

/** Draws one diagram at a time, because Mermaid has one global configuration. */
function draw(id: string, code: string, dark: boolean): Promise<string> {
  const next = drawing.then(async () => {
    const source = drawable(code);
    if (source === undefined) throw new Error("This is not drawn.");
    const { default: mermaid } = await import("mermaid");
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      theme: dark ? "dark" : "neutral",
      fontFamily: "sans-serif",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
    });
    return (await mermaid.render(id, source)).svg;
  });
  drawing = next.catch(() => document.querySelector(`#d${CSS.escape(id)}`)?.remove());
  return next;
}

/** A diagram as an inert image. `children` is its source, shown if it is invalid. */
export default function Diagram({ code, label, children }: { code: string; label: string; children: ReactNode }) {
  const t = useT();
  const id = `diagram${useId().replaceAll(/\W/g, "")}`;
  const dark = document.documentElement.classList.contains("dark");
  const [drawn, setDrawn] = useState<Drawing>();
  useEffect(() => {
    let active = true;
    let address: string | undefined;
    draw(id, code, dark).then(
      (svg) => {
        if (!active) return;
        address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
        setDrawn({ code, dark, address });
      },
      () => active && setDrawn({ code, dark }),
    );
    return () => {
      active = false;
      if (address) URL.revokeObjectURL(address);
    };
  }, [id, code, dark]);
  if (!drawn?.address) return children;
  return (
    <div className="block rounded-xl border bg-background p-3">
      <img src={drawn.address} alt={label} className="mx-auto max-h-[70dvh] max-w-full" />
      <details className="mt-2 text-sm">
        <summary className="cursor-pointer text-muted">{t("thread.source")}</summary>
        {children}
      </details>
    </div>
  );
}
