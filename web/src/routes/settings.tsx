import { useParams } from "@tanstack/react-router";

import { SettingsPage } from "@/features/settings/settings-page";

export function SettingsRoute() {
  const { page } = useParams({ from: "/settings/{-$page}" });
  return <SettingsPage page={page} />;
}
