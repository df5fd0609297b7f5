export const preview = {
  "preview.title": "Vorschau von „{title}“",
  "preview.alone": "In einem eigenen Tab öffnen",
  "preview.reload": "Noch einmal ausführen",
  "preview.stop": "Anhalten",
  "preview.busy": "Diese Vorschau ist beschäftigt.",
  "preview.failed": "Diese Vorschau lässt sich nicht zeigen oder ist woandershin gegangen.",
  "preview.stopped": "Angehalten",
  "preview.loud": "Sie hat zu viel gesagt und wurde angehalten.",
  "preview.errors": { one: "Ein Fehler", other: "{count} Fehler" },
} as const;
