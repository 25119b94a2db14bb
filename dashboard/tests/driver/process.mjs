import { join } from "node:path";
import { createInterface } from "node:readline";

import { endGroup, startGroup } from "../../../smoke-test/driver/children.mjs";
import { npmCodexBinary } from "../../../smoke-test/driver/codex.mjs";
import { targetDirectory } from "../../../smoke-test/driver/repository.mjs";

/** @import { Sandbox } from "../../../smoke-test/driver/sandbox.mjs" */

/** A `codex-bridge serve` process with the real Codex and the directories of a sandbox. */
export class BridgeProcess {
  #child;

  /** @param {import("node:child_process").ChildProcess} child @param {string} url */
  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  /**
   * @param {Sandbox} sandbox
   * @param {string} workspace the working directory
   * @param {{ port?: number, token?: string, arguments?: string[] }} [options]
   */
  static async start(sandbox, workspace, { port = 0, token, arguments: more = [] } = {}) {
    const program = join(targetDirectory, "debug", "codex-bridge");
    const args = ["serve", "--port", String(port), "--data-dir", sandbox.userData, "--cwd", workspace];
    const child = startGroup(program, [...args, "--codex", npmCodexBinary(), ...more], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...sandbox.environment,
        CODEX_BRIDGE_LOG: "warn",
        ...(token && { CODEX_BRIDGE_AUTH_TOKEN: token }),
      },
    });
    const url = await new Promise((resolve, reject) => {
      child.on("error", () =>
        reject(new Error(`${program} could not be started. Build it with: cargo build --package cli`)),
      );
      child.on("exit", (code) => reject(new Error(`${program} exited with ${code} before it was listening`)));
      createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) }).once(
        "line",
        (line) => {
          resolve(line.replace("codex-bridge listening on ", ""));
        },
      );
    });
    return new BridgeProcess(child, url);
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  async stop() {
    await endGroup(this.#child, { withinMs: 8000 });
  }
}
