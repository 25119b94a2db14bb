import { readFileSync } from "node:fs";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The bridge that `npm run dev:dashboard` shows. */
const bridge = process.env["CODEX_BRIDGE_URL"] ?? "http://127.0.0.1:8765";

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  // What is built may stand under a path of another server: the bridge tells each page its way to the files.
  base: command === "build" ? "./" : "/dashboard/",
  plugins: [react()],
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers of the last two years.
    target: "es2023",
    // Files in the page itself would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(?!dashboard/(?!session$|links$))": {
        target: bridge,
        changeOrigin: true,
        headers: { origin: bridge },
      },
    },
  },
}));
