import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as vscode from "vscode";

import type { Bridge, BridgeOptions, startBridge } from "./addon";
import type { Approvals } from "./approvals";
import { hostCallbacks } from "./host";
import { Indexing } from "./indexing";
import { readOptions, workspaceFolders } from "./settings";

/** What the server is doing, as far as the person at the window is concerned. */
export type ServerState =
  | { readonly kind: "stopped" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly bridge: Bridge; readonly runningJobs: number }
  | { readonly kind: "failed"; readonly message: string };

/**
 * Starts and stops the native core, one at a time.
 *
 * Commands, settings and installed extensions may change while a start or a stop is still under way. So each of them only
 * notes what is wanted and calls {@link settle}: one pass runs, at most one more is queued, and that one reads everything
 * anew. However many changes come in a burst, the server restarts once.
 */
export class BridgeServer {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #approvals: Approvals;
  readonly #indexing = new Indexing();
  readonly #changed = new vscode.EventEmitter<ServerState>();
  #state: ServerState = { kind: "stopped" };
  #wanted = false;
  /** The options, as JSON, of the last start, whether it succeeded or failed. */
  #triedWith = "";
  #pass: Promise<void> | undefined;
  #passQueued = false;

  /** Tells each new state, also when only the number of running jobs has changed. */
  readonly onDidChange = this.#changed.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, approvals: Approvals) {
    this.#context = context;
    this.#log = log;
    this.#approvals = approvals;
  }

  /** What the server is doing now. */
  get state(): ServerState {
    return this.#state;
  }

  /** Starts the server unless it runs; resolves when it does, or when it has failed. Never rejects. */
  start(): Promise<void> {
    this.#wanted = true;
    if (this.#state.kind === "failed") {
      // What was in the way may be gone, though no option has changed.
      this.#triedWith = "";
    }
    return this.settle();
  }

  /** Stops the server and frees its port. Never rejects. */
  stop(): Promise<void> {
    this.#wanted = false;
    return this.settle();
  }

  /** Makes the server be as it is wanted now, with the settings of now. Never rejects. */
  settle(): Promise<void> {
    this.#passQueued = true;
    this.#pass ??= this.#runPasses();
    return this.#pass;
  }

  /** Tells the running server which folders are open now; that takes no restart. */
  setWorkspaceFolders(folders: string[]): void {
    if (this.#state.kind === "running") {
      this.#state.bridge.setWorkspaceFolders(folders);
    }
  }

  async #runPasses(): Promise<void> {
    while (this.#passQueued) {
      this.#passQueued = false;
      try {
        await this.#runPass();
      } catch (error) {
        this.#enter({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
    }
    this.#pass = undefined;
  }

  async #runPass(): Promise<void> {
    const { kind } = this.#state;
    if (this.#wanted && (kind === "running" || kind === "failed") && this.#optionsAreUnchanged()) {
      return;
    }
    if (this.#state.kind === "running") {
      await this.#state.bridge.stop();
      this.#approvals.clear();
      this.#indexing.show(null);
    }
    if (!this.#wanted) {
      this.#enter({ kind: "stopped" });
      return;
    }
    this.#enter({ kind: "starting" });
    // Loading the native part takes longer than all else of an activation, and the window waits for that.
    await new Promise(setImmediate);
    const options = readOptions(this.#context);
    this.#triedWith = comparable(options);
    let runningJobs = 0;
    const begun = performance.now();
    const start = loadAddon(this.#context.extensionPath).startBridge;
    this.#log.info(`native part loaded in ${(performance.now() - begun).toFixed(1)} ms`);
    const bridge = await start(
      options,
      hostCallbacks(this.#log, this.#approvals, this.#indexing, (running) => {
        runningJobs = running;
        if (this.#state.kind === "running" && this.#state.bridge === bridge) {
          this.#enter({ kind: "running", bridge, runningJobs });
        }
      }),
    );
    this.#enter({ kind: "running", bridge, runningJobs });
    // They may have changed while it started.
    this.setWorkspaceFolders(workspaceFolders());
  }

  #optionsAreUnchanged(): boolean {
    try {
      return this.#triedWith === comparable(readOptions(this.#context));
    } catch {
      // Options that cannot be read are a change: the server does not go on with, say, a token that was withdrawn.
      return false;
    }
  }

  #enter(state: ServerState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}

/** What a restart depends on: all options but the folders, which the running bridge is told of. */
function comparable(options: BridgeOptions): string {
  return JSON.stringify({ ...options, workspaceFolders: [] });
}

/**
 * Loads the native core. A package holds the one of its platform, under the name that napi-rs gives it.
 *
 * @throws {Error} saying which package to install, when this one is for another platform.
 */
function loadAddon(extensionFolder: string): { startBridge: typeof startBridge } {
  const platform = addonPlatform();
  const file = join(extensionFolder, "extension", "native", `codex-bridge.${platform}.node`);
  if (!existsSync(file)) {
    throw new Error(
      vscode.l10n.t(
        "This package of Codex Bridge has no native part for {0}. Install the package (.vsix) that is made for this machine's platform.",
        platform,
      ),
    );
  }
  try {
    return createRequire(__filename)(file) as { startBridge: typeof startBridge };
  } catch (error) {
    throw new Error(
      vscode.l10n.t(
        "The native part of Codex Bridge for {0} cannot be loaded: {1}. On Linux it needs glibc 2.28 or newer.",
        platform,
        String(error),
      ),
      { cause: error },
    );
  }
}

function addonPlatform(): string {
  switch (process.platform) {
    case "linux":
      return `linux-${process.arch}-gnu`;
    case "win32":
      return `win32-${process.arch}-msvc`;
    default:
      return `${process.platform}-${process.arch}`;
  }
}
