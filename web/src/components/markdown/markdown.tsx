import { Suspense, lazy, memo } from "react";

import { Base, type MarkdownProps } from "./base";
import { withMath } from "./math-text";

/** If a module fails to load, for example offline, it is left out. */
const WithMath = lazy(() => import("./with-math").catch(() => ({ default: Base })));

/** Renders untrusted Markdown. HTML is shown as text, and `SCHEMA` sanitises the result. */
export const Markdown = memo(function Markdown({ text, live }: MarkdownProps) {
  const formulas = withMath(text);
  const plain = <Base text={text} live={live} />;
  if (formulas === undefined) return plain;
  return (
    <Suspense fallback={plain}>
      <WithMath text={formulas} live={live} />
    </Suspense>
  );
});
