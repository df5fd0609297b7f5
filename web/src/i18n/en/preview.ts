export const preview = {
  "preview.title": "Preview of “{title}”",
  "preview.alone": "Open it in a tab of its own",
  "preview.reload": "Run it again",
  "preview.stop": "Stop it",
  "preview.busy": "This preview is busy.",
  "preview.failed": "This preview cannot be shown, or went elsewhere.",
  "preview.stopped": "Stopped",
  "preview.loud": "It said too much, and was stopped.",
  "preview.errors": { one: "One error", other: "{count} errors" },
} as const;
