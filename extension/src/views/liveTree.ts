import * as vscode from "vscode";

import type { BridgeEvent } from "../addon";
import type { BridgeServer } from "../bridge";
import type { BridgeEvents } from "../events";
import { errorMessage } from "../format";

/** How long events are collected before the tree is refreshed once. */
const refreshDelayMs = 200;

/** The content of a live tree. */
export interface TreeSource<Node> {
  /** Returns whether the event may have changed the content. */
  isAffectedBy(event: BridgeEvent): boolean;
  /** Returns the children of a node, or the root nodes. Called only while the tree is visible. */
  children(node: Node | undefined): Promise<Node[]>;
  /** Returns the tree item that represents a node. */
  item(node: Node): vscode.TreeItem;
}

/** A tree view that follows events while it is visible, and loads nothing while it is hidden. */
export class LiveTree<Node> implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #server: BridgeServer;
  readonly #events: BridgeEvents;
  readonly #source: TreeSource<Node>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Node>;
  readonly #listeners: vscode.Disposable[];
  #eventSubscription: vscode.Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(id: string, server: BridgeServer, events: BridgeEvents, source: TreeSource<Node>) {
    this.#server = server;
    this.#events = events;
    this.#source = source;
    let { kind } = server.state;
    this.#view = vscode.window.createTreeView(id, { treeDataProvider: this });
    this.#listeners = [
      this.#view.onDidChangeVisibility(({ visible }) => this.#setVisible(visible)),
      server.onDidChange((state) => {
        // A change of only the number of running jobs is ignored here: the events of the jobs cover it.
        if (state.kind !== kind) {
          kind = state.kind;
          this.refresh();
        }
      }),
    ];
  }

  /** Reloads the content. */
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
      this.#view.message = errorMessage(error);
      return [];
    }
  }

  dispose(): void {
    this.#setVisible(false);
    vscode.Disposable.from(...this.#listeners, this.#view, this.#changed).dispose();
  }

  #setVisible(isVisible: boolean): void {
    this.#eventSubscription?.dispose();
    this.#eventSubscription = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (isVisible) {
      this.#eventSubscription = this.#events.onEvent((event) => this.#handle(event));
      // Show what changed while the tree was hidden.
      this.refresh();
    }
  }

  #handle(event: BridgeEvent): void {
    if (this.#source.isAffectedBy(event)) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.refresh();
      }, refreshDelayMs);
    }
  }
}
