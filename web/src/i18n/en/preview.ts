export const preview = {
  "preview.title": "Preview of “{title}”",
  "preview.openInTab": "Open in new tab",
  "preview.reload": "Reload",
  "preview.stop": "Stop",
  "preview.busy": "This preview is not responding.",
  "preview.failed": "This preview failed to load, or left its page.",
  "preview.stopped": "Stopped",
  "preview.tooMuchOutput": "Too much console output; preview stopped.",
  "preview.errors": { one: "One error", other: "{count} errors" },
} as const;
