import { readFileSync } from "node:fs";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The bridge that `npm run dev:dashboard` connects to. */
const bridge = process.env["CODEX_BRIDGE_URL"] ?? "http://127.0.0.1:8765";

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  // The build may be served below a path of another server. The bridge tells each page the path to its files.
  base: command === "build" ? "./" : "/dashboard/",
  plugins: [react()],
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers released in the last two years.
    target: "es2023",
    // Inlined files would need a more permissive content security policy.
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
