import { type ReactNode, type RefObject, memo, useEffect, useState } from "react";

import type { Colours } from "./highlight";

/** Longer code is not highlighted. */
const LONGEST = 100_000;
/** How far outside the viewport code is highlighted, in pixels. */
const NEAR = "600px";

interface Coloured {
  code: string;
  lines: Colours;
}

/** Highlighted lines of visible code; lines that are not highlighted yet are plain. */
export function useColours(block: RefObject<Element | null>, code: string, language: string, incomplete: boolean): ReactNode {
  const near = useNear(block);
  const [coloured, setColoured] = useState<Coloured>();
  useEffect(() => {
    if (!near || incomplete || language === "" || code.length > LONGEST) return;
    let active = true;
    const onLines = (lines: Colours) => {
      if (active) setColoured({ code, lines });
      return active;
    };
    // If highlighting fails, the code stays plain.
    import("./highlight").then(({ readColours }) => readColours(code, language, onLines)).catch(() => undefined);
    return () => {
      active = false;
    };
  }, [near, incomplete, code, language]);
  if (coloured?.code !== code) return code;
  return <Lines code={code} lines={coloured.lines} />;
}

function Lines({ code, lines }: { code: string; lines: Colours }) {
  let start = 0;
  return code.split("\n").map((text, i) => {
    const key = start;
    start += text.length + 1;
    const end = start > code.length ? "" : "\n";
    const line = lines[i];
    return line ? <Line key={key} line={line} end={end} /> : text + end;
  });
}

const Line = memo(function Line({ line, end }: { line: Colours[number]; end: string }) {
  return (
    <>
      {line.map(({ content, color, offset }) => (
        <span key={offset} style={{ color }}>
          {content}
        </span>
      ))}
      {end}
    </>
  );
});

/** Whether an element is, or ever was, near the viewport. */
function useNear(element: RefObject<Element | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (near || !current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true), { rootMargin: NEAR });
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, near]);
  return near;
}
