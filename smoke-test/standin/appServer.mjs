import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * @typedef {{ threadId?: string, item?: Item, turn?: { status: string } }} NotificationParams
 * @typedef {{ id: string, type: string, text?: string, content?: { type: string, text?: string }[] }} Item
 * @typedef {(method: string, params: NotificationParams) => void} Listener
 */

/** One `codex app-server` on its standard input and output, one JSON object a line. */
export class AppServer {
  #child;
  #nextId = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #ready;

  /**
   * @param {string} executable
   * @param {string | undefined} folder
   */
  constructor(executable, folder) {
    this.#child = spawn(executable, ["app-server"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", (error) => this.#end(error));
    this.#child.on("exit", (code, signal) =>
      this.#end(new Error(`codex app-server ended (${signal ?? code})`)),
    );
    // Writing to an app-server that has just ended fails; its exit is what the callers are told.
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(JSON.parse(line)));
    this.#ready = this.#initialize();
    this.#ready.catch((error) => console.error(error));
  }

  /**
   * @param {string} method
   * @param {object} params
   */
  async call(method, params) {
    await this.#ready;
    return this.#request(method, params);
  }

  /**
   * @param {Listener} listener is told of every notification
   * @returns {() => void} ends the listening
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop() {
    this.#child.stdin.end();
  }

  async #initialize() {
    await this.#request("initialize", {
      clientInfo: { name: "chatgpt-standin", title: "Stand-in for the ChatGPT extension", version: "0.0.1" },
      capabilities: { experimentalApi: true },
    });
    this.#send({ method: "initialized" });
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  #request(method, params) {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  /** @param {object} message */
  #send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** @param {{ id?: number, method?: string, params?: NotificationParams, result?: unknown, error?: { message: string } }} message */
  #receive({ id, method, params, result, error }) {
    if (method !== undefined && id !== undefined) {
      // A question to the user. Nobody sits here, and an unanswered one would block its turn for ever.
      this.#send({ id, error: { code: -32601, message: "The stand-in answers no questions." } });
    } else if (method !== undefined) {
      this.#listeners.forEach((listener) => listener(method, params ?? {}));
    } else if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) {
        waiting?.resolve(result);
      } else {
        waiting?.reject(new Error(error.message));
      }
    }
  }

  /** @param {Error} error */
  #end(error) {
    this.#waiting.forEach(({ reject }) => reject(error));
    this.#waiting.clear();
  }
}
