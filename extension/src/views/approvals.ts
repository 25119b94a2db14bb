import * as vscode from "vscode";

import type { ApprovalRequest } from "../addon";
import type { Approvals } from "../approvals";
import { asDialogText, listEntry } from "../approvalTexts";

/** The view of the approvals that are pending in this window. The activity bar icon shows their number. */
export class PendingApprovalsView implements vscode.TreeDataProvider<ApprovalRequest>, vscode.Disposable {
  readonly #approvals: Approvals;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<ApprovalRequest>;
  readonly #approvalsListener: vscode.Disposable;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(approvals: Approvals) {
    this.#approvals = approvals;
    this.#view = vscode.window.createTreeView("codexBridge.approvals", { treeDataProvider: this });
    this.#approvalsListener = approvals.onDidChange((pendingCount) => {
      const tooltip = vscode.l10n.t("Pending approvals");
      this.#view.badge = pendingCount === 0 ? undefined : { value: pendingCount, tooltip };
      this.#changed.fire(undefined);
    });
  }

  getChildren(request?: ApprovalRequest): ApprovalRequest[] {
    return request === undefined ? this.#approvals.pending() : [];
  }

  getTreeItem(request: ApprovalRequest): vscode.TreeItem {
    const { label, description, detail } = listEntry(request);
    const item = new vscode.TreeItem(label);
    item.id = request.approvalId;
    item.description = detail || description;
    item.tooltip = asDialogText(request);
    item.iconPath = new vscode.ThemeIcon("question");
    item.command = { command: "codexBridge.reviewApproval", title: "", arguments: [request] };
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(this.#approvalsListener, this.#view, this.#changed).dispose();
  }
}
