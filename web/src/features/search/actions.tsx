import { useNavigate } from "@tanstack/react-router";
import { KeyboardIcon, LibraryIcon, MoonIcon, PanelLeftIcon, SearchIcon, SettingsIcon, ShapesIcon, SquarePenIcon, SunIcon, SunMoonIcon } from "lucide-react";
import type { ReactNode } from "react";

import { useT } from "@/features/search/texts";
import { type Theme, prefer, usePreferences } from "@/lib/preferences";
import { SHORTCUTS, type Shortcut } from "@/lib/shortcuts";
import { toggleSidebar } from "@/lib/sidebar";

export interface Action {
  readonly name: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly shortcut?: Shortcut;
  readonly run: () => void;
}

const THEMES: Readonly<Record<Theme, ReactNode>> = { light: <SunIcon />, dark: <MoonIcon />, system: <SunMoonIcon /> };

/** The commands that are available everywhere. */
export function useActions(): readonly Action[] {
  const t = useT();
  const navigate = useNavigate();
  const theme = usePreferences((state) => state.theme);
  const settings = (page?: string) => void navigate({ to: "/settings/{-$page}", params: { page } });
  const themes = (Object.keys(THEMES) as Theme[]).filter((name) => name !== theme);
  return [
    { name: "new", label: t("shortcut.newChat"), icon: <SquarePenIcon />, shortcut: SHORTCUTS.newChat, run: () => void navigate({ to: "/" }) },
    { name: "search", label: t("search.page"), icon: <SearchIcon />, run: () => void navigate({ to: "/search" }) },
    { name: "artifacts", label: t("artifacts.page"), icon: <ShapesIcon />, run: () => void navigate({ to: "/artifacts/{-$artifactId}", params: { artifactId: undefined } }) },
    { name: "library", label: t("library.page"), icon: <LibraryIcon />, run: () => void navigate({ to: "/library/{-$page}", params: { page: undefined } }) },
    { name: "providers", label: t("models.manage"), icon: <SettingsIcon />, run: () => void navigate({ to: "/library/{-$page}", params: { page: "providers" } }) },
    { name: "sidebar", label: t("shortcut.sidebar"), icon: <PanelLeftIcon />, shortcut: SHORTCUTS.sidebar, run: toggleSidebar },
    { name: "settings", label: t("shortcut.settings"), icon: <SettingsIcon />, shortcut: SHORTCUTS.settings, run: () => settings() },
    {
      name: "shortcuts",
      label: t("shortcut.shortcuts"),
      icon: <KeyboardIcon />,
      shortcut: SHORTCUTS.shortcuts,
      run: () => settings("shortcuts"),
    },
    ...themes.map((name) => ({
      name: `theme ${name}`,
      label: t(`search.theme.${name}`),
      icon: THEMES[name],
      run: () => prefer({ theme: name }),
    })),
  ];
}
