import * as vscode from "vscode";

import type { Approvals } from "../approvals";
import type { BridgeServer, ServerState } from "../bridge";
import type { BridgeClient } from "../client";
import type { BridgeEvents } from "../events";
import { PendingApprovalsView } from "./approvals";
import { Conversations } from "./conversations";
import { Lanes } from "./lanes";
import { LiveTree } from "./liveTree";

/** Registers the views of the activity bar icon and their commands. */
export function registerViews(
  server: BridgeServer,
  client: BridgeClient,
  events: BridgeEvents,
  approvals: Approvals,
): vscode.Disposable {
  const conversationSource = new Conversations(client);
  const conversations = new LiveTree("codexBridge.conversations", server, events, conversationSource);
  const lanes = new LiveTree("codexBridge.lanes", server, events, new Lanes(client));
  const publishState = ({ kind }: ServerState): void => {
    // The welcome content of empty views depends on this context key (package.json, viewsWelcome).
    void vscode.commands.executeCommand("setContext", "codexBridge.server", kind);
  };
  publishState(server.state);
  return vscode.Disposable.from(
    conversations,
    lanes,
    new PendingApprovalsView(approvals),
    server.onDidChange(publishState),
    vscode.commands.registerCommand("codexBridge.refreshViews", () => {
      conversations.refresh();
      lanes.refresh();
    }),
    vscode.commands.registerCommand("codexBridge.showOlder", () => {
      conversationSource.showOlder();
      conversations.refresh();
    }),
  );
}
