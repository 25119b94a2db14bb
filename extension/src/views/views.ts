import * as vscode from "vscode";

import type { Approvals } from "../approvals";
import type { BridgeServer, ServerState } from "../bridge";
import type { BridgeClient } from "../client";
import type { BridgeEvents } from "../events";
import { WaitingApprovals } from "./approvals";
import { Conversations } from "./conversations";
import { Lanes } from "./lanes";
import { LiveTree } from "./liveTree";

/** Puts the views behind the icon in the activity bar. */
export function registerViews(
  server: BridgeServer,
  client: BridgeClient,
  events: BridgeEvents,
  approvals: Approvals,
): vscode.Disposable {
  const source = new Conversations(client);
  const conversations = new LiveTree("codexBridge.conversations", server, events, source);
  const lanes = new LiveTree("codexBridge.lanes", server, events, new Lanes(client));
  const tellState = ({ kind }: ServerState): void => {
    // What empty views say depends on it (package.json, viewsWelcome).
    void vscode.commands.executeCommand("setContext", "codexBridge.server", kind);
  };
  tellState(server.state);
  return vscode.Disposable.from(
    conversations,
    lanes,
    new WaitingApprovals(approvals),
    server.onDidChange(tellState),
    vscode.commands.registerCommand("codexBridge.refreshViews", () => {
      conversations.refresh();
      lanes.refresh();
    }),
    vscode.commands.registerCommand("codexBridge.showOlder", () => {
      source.showOlder();
      conversations.refresh();
    }),
  );
}
