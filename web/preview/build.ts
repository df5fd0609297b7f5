/** The scripts for preview frames: one self-contained file each, because such a frame can load only one. */
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { type Plugin, build } from "vite";

const RUNNERS = ["frame.ts", "react.tsx", "mermaid.ts"];

export function previews(): Plugin {
  let outDir = "";
  return {
    name: "previews",
    apply: "build",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    async closeBundle() {
      await Promise.all(RUNNERS.map((name) => buildRunner(name, outDir)));
    },
  };
}

function buildRunner(name: string, outDir: string) {
  return build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [react()],
    define: { "import.meta": "{}" },
    build: {
      outDir,
      emptyOutDir: false,
      modulePreload: false,
      chunkSizeWarningLimit: 6000,
      rolldownOptions: {
        input: fileURLToPath(new URL(name, import.meta.url)),
        output: { format: "iife", entryFileNames: "assets/preview/[name]-[hash].js" },
      },
    },
  });
}
