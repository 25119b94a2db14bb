import * as vscode from "vscode";

/** Something that is connected while at least one listener of its events wants it, and costs nothing otherwise. */
export class OnDemand implements vscode.Disposable {
  readonly #connect: () => vscode.Disposable;
  #listeners = 0;
  #connection: vscode.Disposable | undefined;

  /** @param connect is called when the first listener comes; what it returns is disposed of when the last one has gone */
  constructor(connect: () => vscode.Disposable) {
    this.#connect = connect;
  }

  /** The event of an emitter, whose listeners count. */
  event<T>(emitter: vscode.EventEmitter<T>): vscode.Event<T> {
    return (listener, thisArgument?: unknown, disposables?: vscode.Disposable[]) => {
      const subscription = emitter.event(listener, thisArgument);
      let isHeard = true;
      this.#listeners += 1;
      this.#connection ??= this.#connect();
      const disposable = new vscode.Disposable(() => {
        subscription.dispose();
        if (isHeard) {
          isHeard = false;
          this.#listeners -= 1;
          if (this.#listeners === 0) {
            this.dispose();
          }
        }
      });
      disposables?.push(disposable);
      return disposable;
    };
  }

  dispose(): void {
    this.#connection?.dispose();
    this.#connection = undefined;
  }
}
