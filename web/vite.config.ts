import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { previews } from "./preview/build.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["HANSARD_URL"] ?? "http://127.0.0.1:8765";

export default defineConfig({
  // Every address is relative to the page's <base>, so the app works below any path.
  base: "./",
  plugins: [react(), tailwindcss(), previews()],
  resolve: {
    alias: {
      "@": here("./src"),
      // Streamdown's parser for HTML in Markdown, which is never shown here: 69 KB that nobody has to load.
      "rehype-raw": here("./src/lib/no-html.ts"),
    },
  },
  build: {
    outDir: here("../src/hansard/server/web"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    manifest: "assets.json",
    chunkSizeWarningLimit: 1600,
  },
  server: {
    proxy: {
      "/api": {
        target: server,
        changeOrigin: true,
        headers: { Authorization: `Bearer ${process.env["HANSARD_TOKEN"] ?? ""}`, Origin: server },
      },
    },
  },
});
