import * as vscode from "vscode";

import type { BridgeEvent } from "../addon";
import type { BridgeServer } from "../bridge";
import type { BridgeEvents } from "../events";
import { messageOf } from "../texts";

/** Several events in quick succession are one change. */
const settleMs = 200;

/** What a live tree shows. */
export interface TreeSource<Node> {
  /** Whether the event may have changed what is shown. */
  concerns(event: BridgeEvent): boolean;
  /** The nodes below one, or those at the root; asked for only while the tree can be seen. */
  children(node: Node | undefined): Promise<Node[]>;
  item(node: Node): vscode.TreeItem;
}

/** A tree that follows events while it can be seen, and reads nothing otherwise. */
export class LiveTree<Node> implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #server: BridgeServer;
  readonly #events: BridgeEvents;
  readonly #source: TreeSource<Node>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Node>;
  readonly #watching: vscode.Disposable[];
  #following: vscode.Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(id: string, server: BridgeServer, events: BridgeEvents, source: TreeSource<Node>) {
    this.#server = server;
    this.#events = events;
    this.#source = source;
    let { kind } = server.state;
    this.#view = vscode.window.createTreeView(id, { treeDataProvider: this });
    this.#watching = [
      this.#view.onDidChangeVisibility(({ visible }) => this.#follow(visible)),
      server.onDidChange((state) => {
        // The number of running jobs changes the state, too; for that there are events.
        if (state.kind !== kind) {
          kind = state.kind;
          this.refresh();
        }
      }),
    ];
  }

  /** Reads anew what is shown. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return this.#source.item(node);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (this.#server.state.kind !== "running") {
      return [];
    }
    try {
      const children = await this.#source.children(node);
      this.#view.message = "";
      return children;
    } catch (error) {
      this.#view.message = messageOf(error);
      return [];
    }
  }

  dispose(): void {
    this.#follow(false);
    vscode.Disposable.from(...this.#watching, this.#view, this.#changed).dispose();
  }

  #follow(isVisible: boolean): void {
    this.#following?.dispose();
    this.#following = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (isVisible) {
      this.#following = this.#events.onDidHappen((event) => this.#hear(event));
      // What has happened while nobody looked.
      this.refresh();
    }
  }

  #hear(event: BridgeEvent): void {
    if (this.#source.concerns(event)) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.refresh();
      }, settleMs);
    }
  }
}
