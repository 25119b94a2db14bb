import * as vscode from "vscode";

import type { Bridge, BridgeEvent, EventSubscription } from "./addon";
import type { BridgeServer } from "./bridge";
import { OnDemand } from "./onDemand";

/**
 * The events of jobs, approvals and lanes. The bridge is subscribed to only while there is a listener,
 * because a subscription costs the bridge some work.
 */
export class BridgeEvents implements vscode.Disposable {
  readonly #server: BridgeServer;
  readonly #log: vscode.LogOutputChannel;
  readonly #emitter = new vscode.EventEmitter<BridgeEvent>();
  readonly #onDemand = new OnDemand(() => this.#connect());
  readonly #serverListener: vscode.Disposable;
  #hasListeners = false;
  #subscription: { readonly bridge: Bridge; readonly handle: EventSubscription } | undefined;
  #reconciled: Promise<void> = Promise.resolve();

  /** Fires on every event, of all bridges that share the data directory. */
  readonly onEvent = this.#onDemand.event(this.#emitter);

  constructor(server: BridgeServer, log: vscode.LogOutputChannel) {
    this.#server = server;
    this.#log = log;
    this.#serverListener = server.onDidChange(() => this.#reconcile());
  }

  /** Resolves when the running bridge is subscribed to, if there are listeners. Never rejects. */
  whenReconciled(): Promise<void> {
    return this.#reconciled;
  }

  dispose(): void {
    this.#onDemand.dispose();
    vscode.Disposable.from(this.#serverListener, this.#emitter).dispose();
  }

  #connect(): vscode.Disposable {
    this.#hasListeners = true;
    this.#reconcile();
    return new vscode.Disposable(() => {
      this.#hasListeners = false;
      this.#reconcile();
    });
  }

  /** Subscribes to the running bridge if there are listeners, and ends the subscription to any other one. */
  #reconcile(): void {
    this.#reconciled = this.#reconciled
      .then(async () => {
        const { state } = this.#server;
        const desired = this.#hasListeners && state.kind === "running" ? state.bridge : undefined;
        if (this.#subscription?.bridge === desired) {
          return;
        }
        this.#subscription?.handle.stop();
        this.#subscription = undefined;
        if (desired !== undefined) {
          const handle = await desired.listen((event) => this.#emitter.fire(event));
          this.#subscription = { bridge: desired, handle };
        }
      })
      .catch((error: unknown) => this.#log.warn(`Cannot subscribe to events: ${String(error)}`));
  }
}
