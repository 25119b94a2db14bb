import { join } from "node:path";
import { createInterface } from "node:readline";

import { endGroup, startGroup } from "./children.mjs";
import { targetFolder } from "./repository.mjs";

/**
 * The scripted model (native/testkit): answers `You said: <text>`, or does what the lines of a message that begin with
 * `@model` say.
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

  /** @param {string} [codexHome] a folder that gets a configuration which makes Codex use this model */
  static async start(codexHome) {
    const program = join(targetFolder, "debug", "scripted-model");
    const home = codexHome === undefined ? [] : ["--codex-home", codexHome];
    const child = startGroup(program, ["--port", "0", ...home], { stdio: ["pipe", "pipe", "inherit"] });
    const url = await new Promise((resolve, reject) => {
      child.on("error", () =>
        reject(new Error(`${program} cannot be run. Build it: cargo build --package testkit`)),
      );
      child.on("exit", (code) => reject(new Error(`${program} ended (${code}) before it listened`)));
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
   * Lets the turns go on that wait for `@model hold NAME`.
   *
   * @param {string} name
   */
  async release(name) {
    const response = await fetch(`${this.url}/release/${name}`, { method: "POST" });
    if (!response.ok) {
      throw new Error(`The scripted model answered ${response.status} to the release of ${name}.`);
    }
  }

  async stop() {
    await endGroup(this.#child, { withinMs: 2000 });
  }
}
