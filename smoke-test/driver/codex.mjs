import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The binary inside the npm package for this platform, which @openai/codex brings along. */
export function npmCodexBinary() {
  const manifest = createRequire(import.meta.url).resolve(
    `@openai/codex-${process.platform}-${process.arch}/package.json`,
  );
  const vendor = join(dirname(manifest), "vendor");
  const [triple] = readdirSync(vendor);
  return join(vendor, /** @type {string} */ (triple), "bin", "codex");
}

/** An MCP server for Codex's configuration, whose tool `ask` asks its user for what it is called with. */
export const askingServer = {
  command: process.execPath,
  args: [join(import.meta.dirname, "asking-server.mjs")],
};
