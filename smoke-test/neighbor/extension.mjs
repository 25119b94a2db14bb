// An extension that uses the API of Codex Bridge. It writes its results as JSON to the file that
// NEIGHBOR_REPORT names.

import { renameSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";

/** @import { CodexBridgeApi, CodexBridgeError } from "../../extension/api/index.js" */

/** @param {vscode.ExtensionContext} context */
export function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("neighbor.useCodexBridge", async () => {
      /** @type {vscode.Extension<CodexBridgeApi> | undefined} */
      const extension = vscode.extensions.getExtension("codex-bridge.codex-bridge");
      if (extension === undefined) {
        throw new Error("Codex Bridge is not installed.");
      }
      // Rename the finished file, so that the test never reads a partial report.
      const file = String(process.env["NEIGHBOR_REPORT"]);
      writeFileSync(`${file}.unfinished`, JSON.stringify(await use(await extension.activate())));
      renameSync(`${file}.unfinished`, file);
    }),
    vscode.commands.registerCommand("neighbor.toggleFolder", () => {
      const folders = vscode.workspace.workspaceFolders ?? [];
      const [first] = folders;
      if (first === undefined) {
        throw new Error("No folder is open in this window.");
      }
      const siblingUri = vscode.Uri.joinPath(first.uri, "..", "sibling");
      const index = folders.findIndex(({ uri }) => uri.path === siblingUri.path);
      if (index < 0) {
        vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri: siblingUri });
      } else {
        vscode.workspace.updateWorkspaceFolders(index, 1);
      }
    }),
  );
}

/** @param {CodexBridgeApi} bridge */
async function use(bridge) {
  /** @type {{ jobId: string, status: string, isWaiting: boolean }[]} */
  const changes = [];
  const listeners = vscode.Disposable.from(
    bridge.onDidChangeJob(({ jobId, status, waitingOn }) => {
      changes.push({ jobId, status, isWaiting: waitingOn?.length === 1 });
    }),
    bridge.onApprovalRequested((approval) => {
      void bridge.resolveApproval(approval.approvalId, { decision: "approve", note: "by the neighbor" });
    }),
  );
  const started = await bridge.start({
    message: "@model escalate touch made-for-the-neighbor\n@model say done",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  const first = await bridge.wait(started.job.jobId);
  const continued = await bridge.continue(started.conversationId, { message: "and now?", ensureOpen: false });
  const second = await bridge.wait(continued.job.jobId);

  const held = await bridge.start({ message: "@model hold neighbor", ensureOpen: false });
  const heldStatus = (await bridge.wait(held.job.jobId, 1)).status;
  const cancelled = await bridge.cancel(held.job.jobId);

  const refused = await bridge
    .start({ message: "hi", cwd: "no/such/folder" })
    .then(() => undefined, plainError);
  listeners.dispose();
  return {
    apiVersion: bridge.apiVersion,
    url: bridge.url,
    first,
    second,
    heldStatus,
    cancelled,
    refused,
    changes,
    pending: await bridge.pendingApprovals(),
    listed: await bridge.request("GET", "/jobs?limit=1"),
  };
}

/** @param {CodexBridgeError} error */
function plainError({ name, message, code, status, details, requestId }) {
  return { name, message, code, status, details, requestId };
}
