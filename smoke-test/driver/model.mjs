import { join } from "node:path";
import { createInterface } from "node:readline";

import { endGroup, startGroup } from "./children.mjs";
import { targetDirectory } from "./repository.mjs";

/**
 * The scripted model (native/testkit). It answers `You said: <text>`, or follows the lines of a message that
 * start with `@model`.
 */
export class ScriptedModel {
  #child;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} url
   */
  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  /** @param {string} [codexHome] a directory for a Codex configuration that selects this model */
  static async start(codexHome) {
    const program = join(targetDirectory, "debug", "scripted-model");
    const home = codexHome === undefined ? [] : ["--codex-home", codexHome];
    const child = startGroup(program, ["--port", "0", ...home], { stdio: ["pipe", "pipe", "inherit"] });
    const url = await new Promise((resolve, reject) => {
      child.on("error", () =>
        reject(new Error(`Cannot run ${program}. Build it with: cargo build --package testkit`)),
      );
      child.on("exit", (code) => reject(new Error(`${program} exited (${code}) before it was listening`)));
      createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) }).once(
        "line",
        (line) => {
          resolve(line.replace("listening on ", ""));
        },
      );
    });
    return new ScriptedModel(child, url);
  }

  /**
   * Resumes the turns that are waiting at `@model hold NAME`.
   *
   * @param {string} name
   */
  async release(name) {
    const response = await fetch(`${this.url}/release/${name}`, { method: "POST" });
    if (!response.ok) {
      throw new Error(`The scripted model replied with ${response.status} to the release of ${name}.`);
    }
  }

  async stop() {
    await endGroup(this.#child, { withinMs: 2000 });
  }
}
