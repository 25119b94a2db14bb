import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * @typedef {{ threadId?: string, item?: Item, turn?: { status: string } }} NotificationParams
 * @typedef {{ id: string, type: string, text?: string, content?: { type: string, text?: string }[] }} Item
 * @typedef {object} Message
 * @property {number} [id]
 * @property {string} [method]
 * @property {NotificationParams} [params]
 * @property {unknown} [result]
 * @property {{ message: string }} [error]
 * @typedef {(method: string, params: NotificationParams) => void} Listener
 */

/** A `codex app-server` process, spoken to on stdin and stdout with one JSON object per line. */
export class AppServer {
  #child;
  #nextId = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #pending = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #ready;

  /**
   * @param {string} executable
   * @param {string | undefined} cwd
   */
  constructor(executable, cwd) {
    this.#child = spawn(executable, ["app-server"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", (error) => this.#end(error));
    this.#child.on("exit", (code, signal) =>
      this.#end(new Error(`codex app-server exited (${signal ?? code})`)),
    );
    // Writing to an app-server that has just exited fails. The callers get the exit as the error.
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
   * @param {Listener} listener called for every notification
   * @returns {() => void} removes the listener
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
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  /** @param {object} message */
  #send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** @param {Message} message */
  #receive({ id, method, params, result, error }) {
    if (method !== undefined && id !== undefined) {
      // A request to the user. There is no user, and an unanswered request would block its turn forever.
      this.#send({ id, error: { code: -32601, message: "The stand-in does not answer requests." } });
    } else if (method !== undefined) {
      for (const listener of this.#listeners) {
        listener(method, params ?? {});
      }
    } else if (id !== undefined) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) {
        pending?.resolve(result);
      } else {
        pending?.reject(new Error(error.message));
      }
    }
  }

  /** @param {Error} error */
  #end(error) {
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
  }
}
