import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Returns the path of the Codex binary in the npm package for this platform, a dependency of @openai/codex.
 */
export function npmCodexBinary() {
  const manifest = createRequire(import.meta.url).resolve(
    `@openai/codex-${process.platform}-${process.arch}/package.json`,
  );
  const vendor = join(dirname(manifest), "vendor");
  const [triple] = readdirSync(vendor);
  return join(vendor, /** @type {string} */ (triple), "bin", "codex");
}

/**
 * The Codex configuration of an MCP server whose tool `ask` sends its arguments to the user as an
 * elicitation.
 */
export const askingServer = {
  command: process.execPath,
  args: [join(import.meta.dirname, "asking-server.mjs")],
};
