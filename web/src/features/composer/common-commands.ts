import { useNavigate } from "@tanstack/react-router";

import type { Command } from "@/features/composer/commands";
import { useT } from "@/i18n";
import { overlay } from "@/lib/overlays";

/** The commands that every message field offers. */
export function useCommonCommands(show: (what: "model" | "system" | "talk") => void): readonly Command[] {
  const t = useT();
  const navigate = useNavigate();
  const settings = (page?: string) => void navigate({ to: "/settings/{-$page}", params: { page } });
  return [
    { name: "new", label: t("command.new"), run: () => void navigate({ to: "/" }) },
    { name: "search", label: t("command.search"), run: () => overlay({ palette: true }) },
    { name: "settings", label: t("command.settings"), run: () => settings() },
    { name: "library", label: t("command.library"), run: () => void navigate({ to: "/library/{-$page}", params: { page: undefined } }) },
    { name: "shortcuts", label: t("command.shortcuts"), run: () => settings("shortcuts") },
    { name: "model", label: t("command.model"), run: () => show("model") },
    { name: "system", label: t("command.system"), run: () => show("system") },
    { name: "talk", label: t("command.talk"), run: () => show("talk") },
  ];
}
