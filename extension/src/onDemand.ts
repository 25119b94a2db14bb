import * as vscode from "vscode";

/** A connection that exists only while one of its events has a listener. */
export class OnDemand implements vscode.Disposable {
  readonly #connect: () => vscode.Disposable;
  #listenerCount = 0;
  #connection: vscode.Disposable | undefined;

  /** @param connect called for the first listener; the result is disposed of after the last one */
  constructor(connect: () => vscode.Disposable) {
    this.#connect = connect;
  }

  /** Returns the event of an emitter. Its listeners keep the connection open. */
  event<T>(emitter: vscode.EventEmitter<T>): vscode.Event<T> {
    return (listener, thisArgument?: unknown, disposables?: vscode.Disposable[]) => {
      const subscription = emitter.event(listener, thisArgument);
      let isCounted = true;
      this.#listenerCount += 1;
      this.#connection ??= this.#connect();
      const disposable = new vscode.Disposable(() => {
        subscription.dispose();
        if (isCounted) {
          isCounted = false;
          this.#listenerCount -= 1;
          if (this.#listenerCount === 0) {
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
