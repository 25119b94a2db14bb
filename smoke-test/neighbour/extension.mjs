// Another extension that works with Codex Bridge. What it found out goes, as JSON, into the file that NEIGHBOUR_REPORT names.

import { renameSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";

/** @import { CodexBridgeApi, CodexBridgeError } from "../../extension/api/index.js" */

/** @param {vscode.ExtensionContext} context */
export function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("neighbour.useCodexBridge", async () => {
      /** @type {vscode.Extension<CodexBridgeApi> | undefined} */
      const extension = vscode.extensions.getExtension("codex-bridge.codex-bridge");
      if (extension === undefined) {
        throw new Error("Codex Bridge is not installed.");
      }
      // A report that is there is whole.
      const file = String(process.env["NEIGHBOUR_REPORT"]);
      writeFileSync(`${file}.unfinished`, JSON.stringify(await use(await extension.activate())));
      renameSync(`${file}.unfinished`, file);
    }),
    vscode.commands.registerCommand("neighbour.toggleFolder", () => {
      const folders = vscode.workspace.workspaceFolders ?? [];
      const [first] = folders;
      if (first === undefined) {
        throw new Error("The window has no folder.");
      }
      const beside = vscode.Uri.joinPath(first.uri, "..", "beside");
      const index = folders.findIndex(({ uri }) => uri.path === beside.path);
      if (index < 0) {
        vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri: beside });
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
  const listening = vscode.Disposable.from(
    bridge.onDidChangeJob(({ jobId, status, waitingOn }) => {
      changes.push({ jobId, status, isWaiting: waitingOn?.length === 1 });
    }),
    bridge.onApprovalRequested((approval) => {
      void bridge.resolveApproval(approval.approvalId, { decision: "approve", note: "by the neighbour" });
    }),
  );
  const started = await bridge.start({
    message: "@model escalate touch made-for-the-neighbour\n@model say done",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    ensureOpen: false,
  });
  const first = await bridge.wait(started.job.jobId);
  const continued = await bridge.continue(started.conversationId, { message: "and now?", ensureOpen: false });
  const second = await bridge.wait(continued.job.jobId);

  const held = await bridge.start({ message: "@model hold neighbour", ensureOpen: false });
  const heldStatus = (await bridge.wait(held.job.jobId, 1)).status;
  const cancelled = await bridge.cancel(held.job.jobId);

  const refused = await bridge.start({ message: "hi", cwd: "no/such/folder" }).then(() => undefined, asPlain);
  listening.dispose();
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
function asPlain({ name, message, code, status, details, requestId }) {
  return { name, message, code, status, details, requestId };
}
