import { type ReactNode, useId } from "react";

/** Rows of a list below a title. */
export function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="pb-1">
      <h2 id={id} className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted">
        {title}
      </h2>
      <ul>{children}</ul>
    </section>
  );
}
