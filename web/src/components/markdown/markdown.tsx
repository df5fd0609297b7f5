import { Suspense, lazy, memo } from "react";

import { Base, type MarkdownProps } from "./base";
import { withMath } from "./math-text";

/** What cannot be loaded, for the server is away, is left out. */
const WithMath = lazy(() => import("./with-math").catch(() => ({ default: Base })));

/** What a model wrote, as it meant it. Nothing in it is trusted: HTML is text, and `SCHEMA` has the last word. */
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
