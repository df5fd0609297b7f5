import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Section<Name extends string> {
  readonly name: Name;
  readonly title: string;
}

interface Props<Name extends string> {
  title: string;
  /** The pages below it, by the last part of their address. */
  to: "/settings/{-$page}" | "/library/{-$page}";
  sections: readonly Section<Name>[];
  current: Name;
  /** Links to other pages, below the sections. */
  further?: ReactNode;
  children: ReactNode;
}

/** The look of a link in the navigation. */
export const SECTION_LINK = "flex items-center gap-2 rounded-lg px-3 py-1.5 text-sm hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium touch:py-2.5";

/** Pages with an address each, and the navigation between them: beside the page, or above it on narrow screens. */
export function SectionNav<Name extends string>({ title, to, sections, current, further, children }: Props<Name>) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-4xl flex-col gap-6 px-4 pt-14 pb-16 sm:px-8 md:flex-row md:gap-10">
        <nav aria-label={title} className="md:w-44 md:shrink-0">
          <h1 className="mb-3 px-3 text-lg font-semibold">{title}</h1>
          <ul className="flex flex-wrap gap-1 md:flex-col">
            {sections.map((section) => (
              <li key={section.name}>
                <Link to={to} params={{ page: section.name }} search={{}} aria-current={section.name === current ? "page" : undefined} className={SECTION_LINK}>
                  {section.title}
                </Link>
              </li>
            ))}
            {further}
          </ul>
        </nav>
        <div className="min-w-0 flex-1">{children}</div>
      </div>
    </div>
  );
}

