import * as vscode from "vscode";

import type { ApprovalRequest } from "../addon";
import type { Approvals } from "../approvals";
import { asLines, listEntry } from "../approvalTexts";

/** The questions that wait for the person at this window. Their number is on the icon in the activity bar. */
export class WaitingApprovals implements vscode.TreeDataProvider<ApprovalRequest>, vscode.Disposable {
  readonly #approvals: Approvals;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<ApprovalRequest>;
  readonly #watching: vscode.Disposable;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(approvals: Approvals) {
    this.#approvals = approvals;
    this.#view = vscode.window.createTreeView("codexBridge.approvals", { treeDataProvider: this });
    this.#watching = approvals.onDidChange((waiting) => {
      const tooltip = vscode.l10n.t("Codex waits for you");
      this.#view.badge = waiting === 0 ? undefined : { value: waiting, tooltip };
      this.#changed.fire(undefined);
    });
  }

  getChildren(request?: ApprovalRequest): ApprovalRequest[] {
    return request === undefined ? this.#approvals.waiting() : [];
  }

  getTreeItem(request: ApprovalRequest): vscode.TreeItem {
    const { label, description, detail } = listEntry(request);
    const item = new vscode.TreeItem(label);
    item.id = request.approvalId;
    item.description = detail || description;
    item.tooltip = asLines(request);
    item.iconPath = new vscode.ThemeIcon("question");
    item.command = { command: "codexBridge.reviewApproval", title: "", arguments: [request] };
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(this.#watching, this.#view, this.#changed).dispose();
  }
}
