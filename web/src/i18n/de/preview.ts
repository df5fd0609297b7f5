export const preview = {
  "preview.title": "Vorschau von „{title}“",
  "preview.openInTab": "In neuem Tab öffnen",
  "preview.reload": "Neu laden",
  "preview.stop": "Stoppen",
  "preview.busy": "Diese Vorschau reagiert nicht.",
  "preview.failed": "Diese Vorschau konnte nicht geladen werden oder hat ihre Seite verlassen.",
  "preview.stopped": "Gestoppt",
  "preview.tooMuchOutput": "Zu viele Konsolenausgaben; die Vorschau wurde gestoppt.",
  "preview.errors": { one: "Ein Fehler", other: "{count} Fehler" },
} as const;
