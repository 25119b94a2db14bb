import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @typedef {object} DiscoveryEntry what a bridge tells of itself in the discovery folder
 * @property {string} file
 * @property {string} url
 * @property {number} pid
 * @property {string[]} workspaceFolders
 *
 * @typedef {object} JournalEntry what the stand-in did
 * @property {number} at
 * @property {number} hostPid
 * @property {"resumed" | "refused" | "closed"} event
 * @property {string} conversationId
 * @property {string} [reason]
 */

/** The folders of one test run, all of them throw-away: nothing of the person who runs the tests is read or written. */
export class Sandbox {
  constructor() {
    // Short, because VS Code's sockets live below it and the path of a socket may have about 100 characters.
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "cb-")));
    this.home = this.#folder("home");
    this.temporary = this.#folder("tmp");
    this.codexHome = this.#folder("codex");
    this.userData = this.#folder("data");
    this.extensions = this.#folder("ext");
    this.discovery = this.#folder("discovery");
    this.journalFile = join(this.root, "standin-journal.jsonl");
    writeFileSync(this.journalFile, "");
    this.neighbourReport = join(this.root, "neighbour-report.json");
  }

  /** The whole environment of VS Code. Nothing is inherited but the way to the system's programs. */
  get environment() {
    return {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: this.home,
      TMPDIR: this.temporary,
      CODEX_HOME: this.codexHome,
      CODEX_BRIDGE_DISCOVERY_DIR: this.discovery,
      CHATGPT_STANDIN_JOURNAL: this.journalFile,
      NEIGHBOUR_REPORT: this.neighbourReport,
    };
  }

  /** @param {string} modelUrl */
  configureCodex(modelUrl) {
    writeFileSync(
      join(this.codexHome, "config.toml"),
      [
        'model = "scripted"',
        'model_provider = "scripted"',
        "check_for_update_on_startup = false",
        "[model_providers.scripted]",
        'name = "scripted"',
        `base_url = "${modelUrl}/v1"`,
        'wire_api = "responses"',
        "request_max_retries = 0",
        "stream_max_retries = 0",
        "[analytics]",
        "enabled = false",
        "",
      ].join("\n"),
    );
  }

  /**
   * Writes the settings of machine scope. A running VS Code notices the change.
   *
   * @param {Record<string, unknown>} settings
   */
  writeMachineSettings(settings) {
    writeSettings(join(this.userData, "Machine"), settings);
  }

  /** @param {Record<string, unknown>} settings */
  writeUserSettings(settings) {
    writeSettings(join(this.userData, "User"), settings);
  }

  /** @param {string} folder @param {Record<string, unknown>} settings */
  writeWorkspaceSettings(folder, settings) {
    writeSettings(join(folder, ".vscode"), settings);
  }

  /** @param {string} name */
  workspace(name) {
    return this.#folder(join("workspaces", name));
  }

  /** @returns {DiscoveryEntry[]} the bridges that say they are there */
  discovered() {
    return readdirSync(this.discovery)
      .filter((name) => name.endsWith(".json"))
      .map((name) => {
        const file = join(this.discovery, name);
        return { file, ...JSON.parse(readFileSync(file, "utf8")) };
      });
  }

  /**
   * What the stand-in did with a conversation.
   *
   * @param {string} conversationId
   * @returns {JournalEntry[]}
   */
  journal(conversationId) {
    return readFileSync(this.journalFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter((entry) => entry.conversationId === conversationId);
  }

  /** What all bridges have written to their output channels so far. */
  bridgeLogs() {
    const folder = join(this.userData, "logs");
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("Codex Bridge.log"))
      .map((name) => `${name}\n${readFileSync(join(folder, name), "utf8")}`)
      .join("\n");
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param {string} name */
  #folder(name) {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}

/** A port on which nobody listens at the moment. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} folder @param {Record<string, unknown>} settings */
function writeSettings(folder, settings) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}
