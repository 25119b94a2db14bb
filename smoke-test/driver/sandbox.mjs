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
 * @typedef {object} DiscoveryEntry the entry of a bridge in the discovery directory
 * @property {string} file
 * @property {string} url
 * @property {number} pid
 * @property {string[]} workspaceFolders
 *
 * @typedef {object} JournalEntry an action of the stand-in
 * @property {number} at
 * @property {number} hostPid
 * @property {"resumed" | "refused" | "closed"} event
 * @property {string} conversationId
 * @property {string} [reason]
 */

/**
 * The temporary directories of one test run. The tests do not read or write the files of the user who runs
 * them.
 */
export class Sandbox {
  constructor() {
    // A short path, because VS Code creates sockets below it, and a socket path is limited to about 100
    // characters.
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "cb-")));
    this.home = this.#directory("home");
    this.temporary = this.#directory("tmp");
    this.codexHome = this.#directory("codex");
    this.userData = this.#directory("data");
    this.extensions = this.#directory("ext");
    this.discovery = this.#directory("discovery");
    this.journalFile = join(this.root, "standin-journal.jsonl");
    writeFileSync(this.journalFile, "");
    this.neighborReport = join(this.root, "neighbor-report.json");
  }

  /** The complete environment of VS Code. Only `PATH` is inherited. */
  get environment() {
    return {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: this.home,
      TMPDIR: this.temporary,
      CODEX_HOME: this.codexHome,
      CODEX_BRIDGE_DISCOVERY_DIR: this.discovery,
      CHATGPT_STANDIN_JOURNAL: this.journalFile,
      NEIGHBOR_REPORT: this.neighborReport,
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

  /** @param {string} directory @param {Record<string, unknown>} settings */
  writeWorkspaceSettings(directory, settings) {
    writeSettings(join(directory, ".vscode"), settings);
  }

  /** Creates a workspace folder and returns its path. @param {string} name */
  workspace(name) {
    return this.#directory(join("workspaces", name));
  }

  /** @returns {DiscoveryEntry[]} the bridges in the discovery directory */
  discovered() {
    return readdirSync(this.discovery)
      .filter((name) => name.endsWith(".json"))
      .map((name) => {
        const file = join(this.discovery, name);
        return { file, ...JSON.parse(readFileSync(file, "utf8")) };
      });
  }

  /**
   * Returns the actions of the stand-in on a conversation.
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

  /** Returns the output of all bridges so far. */
  bridgeLogs() {
    const directory = join(this.userData, "logs");
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("Codex Bridge.log"))
      .map((name) => `${name}\n${readFileSync(join(directory, name), "utf8")}`)
      .join("\n");
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param {string} name */
  #directory(name) {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}

/** Returns a port that nothing is listening on at the moment. @returns {Promise<number>} */
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

/** @param {string} directory @param {Record<string, unknown>} settings */
function writeSettings(directory, settings) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "settings.json"), JSON.stringify(settings, null, 2));
}
