import { useLayoutEffect } from "react";

import { useLanguage } from "@/i18n";
import { useMedia } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";

const WIDTHS = { narrow: "38rem", normal: "46rem", wide: "64rem" } as const;

/** Applies the appearance preferences to the page. */
export function useAppearance(): void {
  const { theme, fontSize, width } = usePreferences();
  const language = useLanguage();
  const prefersDark = useMedia("(prefers-color-scheme: dark)");
  const dark = theme === "dark" || (theme === "system" && prefersDark);
  useLayoutEffect(() => {
    const { documentElement: page } = document;
    page.classList.toggle("dark", dark);
    page.lang = language;
    page.style.fontSize = `${fontSize}%`;
    page.style.setProperty("--thread-width", WIDTHS[width]);
  }, [dark, language, fontSize, width]);
}
