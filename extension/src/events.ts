import * as vscode from "vscode";

import type { Bridge, BridgeEvent, Listening } from "./addon";
import type { BridgeServer } from "./bridge";
import { OnDemand } from "./onDemand";

/** What happens to jobs, approvals and lanes. While nobody listens, the bridge is not asked for it, which costs it some work. */
export class BridgeEvents implements vscode.Disposable {
  readonly #server: BridgeServer;
  readonly #log: vscode.LogOutputChannel;
  readonly #happened = new vscode.EventEmitter<BridgeEvent>();
  readonly #onDemand = new OnDemand(() => this.#connect());
  readonly #serverChanged: vscode.Disposable;
  #isWanted = false;
  #listening: { readonly bridge: Bridge; readonly handle: Listening } | undefined;
  #settled: Promise<void> = Promise.resolve();

  /** Tells every event, of all bridges of the data folder. */
  readonly onDidHappen = this.#onDemand.event(this.#happened);

  constructor(server: BridgeServer, log: vscode.LogOutputChannel) {
    this.#server = server;
    this.#log = log;
    this.#serverChanged = server.onDidChange(() => this.#settle());
  }

  /** Ends when the listening is as it is wanted. Never rejects. */
  settled(): Promise<void> {
    return this.#settled;
  }

  dispose(): void {
    this.#onDemand.dispose();
    vscode.Disposable.from(this.#serverChanged, this.#happened).dispose();
  }

  #connect(): vscode.Disposable {
    this.#isWanted = true;
    this.#settle();
    return new vscode.Disposable(() => {
      this.#isWanted = false;
      this.#settle();
    });
  }

  /** Listens to the running server while somebody listens to us. */
  #settle(): void {
    this.#settled = this.#settled
      .then(async () => {
        const { state } = this.#server;
        const wanted = this.#isWanted && state.kind === "running" ? state.bridge : undefined;
        if (this.#listening?.bridge === wanted) {
          return;
        }
        this.#listening?.handle.stop();
        this.#listening = undefined;
        if (wanted !== undefined) {
          const handle = await wanted.listen((event) => this.#happened.fire(event));
          this.#listening = { bridge: wanted, handle };
        }
      })
      .catch((error: unknown) => this.#log.warn(`Cannot listen to events: ${String(error)}`));
  }
}
