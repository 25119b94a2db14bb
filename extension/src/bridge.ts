import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as vscode from "vscode";

import type { Bridge, BridgeOptions, startBridge } from "./addon";
import type { Approvals } from "./approvals";
import { errorMessage } from "./format";
import { hostCallbacks } from "./host";
import { IndexingStatus } from "./indexing";
import { readOptions, workspaceFolders } from "./settings";

/** The state of the server, as this window shows it. */
export type ServerState =
  | { readonly kind: "stopped" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly bridge: Bridge; readonly runningJobs: number }
  | { readonly kind: "failed"; readonly message: string };

/**
 * Starts and stops the native core. At most one instance runs at a time.
 *
 * Commands, settings and installed extensions can change during a start or a stop. Each change therefore only
 * records the desired state and calls {@link reconcile}. One pass runs, at most one more is queued, and the
 * queued pass reads everything again. A burst of changes restarts the server once.
 */
export class BridgeServer {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #approvals: Approvals;
  readonly #indexingStatus = new IndexingStatus();
  readonly #stateChanged = new vscode.EventEmitter<ServerState>();
  #state: ServerState = { kind: "stopped" };
  #shouldRun = false;
  /** The options of the last start, successful or not, as returned by {@link restartKey}. */
  #lastRestartKey = "";
  #reconciling: Promise<void> | undefined;
  #isPassQueued = false;

  /** Fires on every new state, including when only the number of running jobs has changed. */
  readonly onDidChange = this.#stateChanged.event;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, approvals: Approvals) {
    this.#context = context;
    this.#log = log;
    this.#approvals = approvals;
  }

  /** Returns the current state of the server. */
  get state(): ServerState {
    return this.#state;
  }

  /** Starts the server unless it is running. Resolves when it runs or has failed to start. Never rejects. */
  start(): Promise<void> {
    this.#shouldRun = true;
    if (this.#state.kind === "failed") {
      // Try again even with the same options: the cause of the failure may be gone.
      this.#lastRestartKey = "";
    }
    return this.reconcile();
  }

  /** Stops the server and frees its port. Never rejects. */
  stop(): Promise<void> {
    this.#shouldRun = false;
    return this.reconcile();
  }

  /**
   * Starts, stops or restarts the server as its desired state and the current settings require. Never
   * rejects.
   */
  reconcile(): Promise<void> {
    this.#isPassQueued = true;
    this.#reconciling ??= this.#runPasses();
    return this.#reconciling;
  }

  /** Passes the open folders to the running server. This takes no restart. */
  setWorkspaceFolders(folders: string[]): void {
    if (this.#state.kind === "running") {
      this.#state.bridge.setWorkspaceFolders(folders);
    }
  }

  async #runPasses(): Promise<void> {
    while (this.#isPassQueued) {
      this.#isPassQueued = false;
      try {
        await this.#runPass();
      } catch (error) {
        this.#enter({ kind: "failed", message: errorMessage(error) });
      }
    }
    this.#reconciling = undefined;
  }

  async #runPass(): Promise<void> {
    const { kind } = this.#state;
    if (this.#shouldRun && (kind === "running" || kind === "failed") && this.#areOptionsUnchanged()) {
      return;
    }
    if (this.#state.kind === "running") {
      await this.#state.bridge.stop();
      this.#approvals.clear();
      this.#indexingStatus.show(null);
    }
    if (!this.#shouldRun) {
      this.#enter({ kind: "stopped" });
      return;
    }
    this.#enter({ kind: "starting" });
    // Loading the addon takes longer than the rest of the activation, and the window waits for the
    // activation.
    await new Promise(setImmediate);
    const options = readOptions(this.#context);
    this.#lastRestartKey = restartKey(options);
    let runningJobs = 0;
    const startedAt = performance.now();
    const start = loadAddon(this.#context.extensionPath).startBridge;
    this.#log.info(`native addon loaded in ${(performance.now() - startedAt).toFixed(1)} ms`);
    const bridge = await start(
      options,
      hostCallbacks(this.#log, this.#approvals, this.#indexingStatus, (running) => {
        runningJobs = running;
        if (this.#state.kind === "running" && this.#state.bridge === bridge) {
          this.#enter({ kind: "running", bridge, runningJobs });
        }
      }),
    );
    this.#enter({ kind: "running", bridge, runningJobs });
    // The folders may have changed during the start.
    this.setWorkspaceFolders(workspaceFolders());
  }

  #areOptionsUnchanged(): boolean {
    try {
      return this.#lastRestartKey === restartKey(readOptions(this.#context));
    } catch {
      // Unreadable options count as a change. Otherwise the server would keep running with, say, a revoked
      // token.
      return false;
    }
  }

  #enter(state: ServerState): void {
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}

/**
 * Returns a string that differs if and only if the options require a restart. The workspace folders are left
 * out, because a running bridge accepts new ones.
 */
function restartKey(options: BridgeOptions): string {
  return JSON.stringify({ ...options, workspaceFolders: [] });
}

/**
 * Loads the native core. A package contains the addon of its own platform, under the name that napi-rs gives
 * it.
 *
 * @throws {Error} with advice, if this package is for another platform or the addon cannot be loaded
 */
function loadAddon(extensionDirectory: string): { startBridge: typeof startBridge } {
  const platform = addonPlatform();
  const file = join(extensionDirectory, "extension", "native", `codex-bridge.${platform}.node`);
  if (!existsSync(file)) {
    throw new Error(
      vscode.l10n.t(
        "This package of Codex Bridge does not support {0}. Install the package (.vsix) for your platform.",
        platform,
      ),
    );
  }
  try {
    return createRequire(__filename)(file) as { startBridge: typeof startBridge };
  } catch (error) {
    throw new Error(
      vscode.l10n.t(
        "Codex Bridge cannot load its native addon for {0}: {1}. On Linux it needs glibc 2.28 or newer.",
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
