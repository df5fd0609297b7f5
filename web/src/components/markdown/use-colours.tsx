import { type ReactNode, type RefObject, memo, useEffect, useState } from "react";

import type { Colours } from "./highlight";

/** Longer code stays without colours. */
const LONGEST = 100_000;
/** How far from what is seen, in pixels, a piece of code gets its colours. */
const NEAR = "600px";

interface Coloured {
  code: string;
  lines: Colours;
}

/** Code with colours, once they are known and somebody can see them: whole lines from the first on, the rest without. */
export function useColours(block: RefObject<Element | null>, code: string, language: string, incomplete: boolean): ReactNode {
  const near = useNear(block);
  const [coloured, setColoured] = useState<Coloured>();
  useEffect(() => {
    if (!near || incomplete || language === "" || code.length > LONGEST) return;
    let active = true;
    const tell = (lines: Colours) => {
      if (active) setColoured({ code, lines });
      return active;
    };
    // Code without colours is code all the same.
    import("./highlight").then(({ readColours }) => readColours(code, language, tell)).catch(() => undefined);
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

/** Whether an element is, or ever was, near what is seen. */
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
