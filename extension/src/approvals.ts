import * as vscode from "vscode";

import type { ApprovalAnswer, ApprovalRequest, ApprovalResolved } from "./addon";
import { askQuestions } from "./approvalQuestions";
import {
  asDialogText,
  asNotificationText,
  decisionLabel,
  describeResolution,
  listEntry,
  needsForm,
  quoted,
} from "./approvalTexts";
import { errorMessage } from "./format";

/** An approval request that was shown in this window. */
interface PendingApproval {
  readonly request: ApprovalRequest;
  /** Passes the answer to the core. `null` means that the request no longer needs an answer. */
  readonly resolve: (answer: ApprovalAnswer | null) => void;
  /** Why the request no longer needs an answer, as the end of a sentence. `undefined` while it is pending. */
  closedReason?: string;
}

/** Opens the places that show more than a notification does. */
export interface Navigation {
  /** Opens the tab of a conversation. */
  readonly showConversation: (conversationId: string) => Promise<unknown>;
  /**
   * Opens the dashboard, which has input forms for all kinds of answers. Shows an error to the user if it
   * cannot be opened.
   */
  readonly openDashboard: () => void;
}

/** The result of a click: whether the notification has to be shown again. */
type ClickResult = "show_again" | "done";

/**
 * Shows approval requests of Codex in notifications and in a list.
 *
 * A request is pending until the user answers it here or the core reports it as resolved. Closing the
 * notification does not answer the request; it stays in the list. An extension cannot close its
 * notifications, so a notification may remain after its request was resolved. A click on it then shows that
 * the click had no effect.
 */
export class Approvals implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #navigation: Navigation;
  readonly #pending = new Map<string, PendingApproval>();
  readonly #countChanged = new vscode.EventEmitter<number>();

  /** Fires with the number of pending approvals whenever it changes. */
  readonly onDidChange = this.#countChanged.event;

  constructor(log: vscode.LogOutputChannel, navigation: Navigation) {
    this.#log = log;
    this.#navigation = navigation;
  }

  /** Asks the user. Resolves with the answer, or with `null` if the request no longer needs one. */
  ask(request: ApprovalRequest): Promise<ApprovalAnswer | null> {
    return new Promise((resolve) => {
      const approval: PendingApproval = { request, resolve };
      this.#pending.set(request.approvalId, approval);
      this.#countChanged.fire(this.#pending.size);
      // The request is in the list even if the notification fails.
      this.#notify(approval).catch((error: unknown) =>
        this.#log.error(`Cannot show the notification of an approval request: ${String(error)}`),
      );
    });
  }

  /** Called when a request was resolved elsewhere, perhaps just before the answer of the user arrived. */
  resolved(resolution: ApprovalResolved): void {
    const description = describeResolution(resolution);
    const summary = quoted(resolution.summary);
    const approval = this.#pending.get(resolution.approvalId);
    if (approval === undefined) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t("Your answer to {0} had no effect: the request was already {1}.", summary, description),
      );
    } else {
      this.#close(approval, vscode.l10n.t("the request was already {0}", description), null);
      void vscode.window.showInformationMessage(
        vscode.l10n.t("The request {0} was {1}.", summary, description),
      );
    }
  }

  /** Closes all requests. Called when the server has stopped and no longer waits for answers. */
  clear(): void {
    for (const approval of this.#pending.values()) {
      this.#close(approval, vscode.l10n.t("the server has stopped"), null);
    }
  }

  /** Returns the pending requests, oldest first. */
  pending(): ApprovalRequest[] {
    return [...this.#pending.values()].map(({ request }) => request);
  }

  /** Lists the pending requests and lets the user review one. */
  async list(): Promise<void> {
    const items = this.#entries();
    if (items.length > 0) {
      const placeHolder = vscode.l10n.t("Select a request to review");
      const picked = await vscode.window.showQuickPick(items, {
        title: vscode.l10n.t("Pending Approvals"),
        placeHolder,
      });
      if (picked !== undefined) {
        await this.#review(picked.approval);
      }
    }
  }

  /** Opens the review of the pending request. If there are several, lets the user choose one first. */
  async approve(): Promise<void> {
    const [only, ...others] = this.#pending.values();
    await (only === undefined || others.length > 0 ? this.list() : this.#review(only));
  }

  /** Lets the user choose requests to deny, without a review of each one. */
  async deny(): Promise<void> {
    const items = this.#entries().filter(({ approval }) => approval.request.decisions.includes("deny"));
    if (items.length > 0) {
      const placeHolder = vscode.l10n.t("Select the requests to deny");
      const options = { title: vscode.l10n.t("Pending Approvals"), placeHolder, canPickMany: true } as const;
      for (const { approval } of (await vscode.window.showQuickPick(items, options)) ?? []) {
        if (approval.closedReason === undefined) {
          this.#close(approval, answeredHere(decisionLabel("deny") ?? "deny"), { decision: "deny" });
        } else {
          this.#warnNoEffect(approval);
        }
      }
    }
  }

  /** Opens the review of a request, which shows it in full with all available decisions. */
  async review(approvalId: string): Promise<void> {
    const approval = this.#pending.get(approvalId);
    if (approval !== undefined) {
      await this.#review(approval);
    }
  }

  dispose(): void {
    this.clear();
    this.#countChanged.dispose();
  }

  /** Returns the pending requests as list entries. If there are none, shows a message instead. */
  #entries(): (vscode.QuickPickItem & { readonly approval: PendingApproval })[] {
    if (this.#pending.size === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t("No approvals are pending in this window."));
    }
    return [...this.#pending.values()].map((approval) => ({ ...listEntry(approval.request), approval }));
  }

  async #notify(approval: PendingApproval): Promise<void> {
    const { request } = approval;
    const { text, isComplete } = asNotificationText(request);
    // VS Code replaces a notification that has the same text and buttons, so a number makes the text unique.
    const sameTextCount = [...this.#pending.values()].filter(
      (other) => asNotificationText(other.request).text === text,
    ).length;
    const message = sameTextCount > 1 ? `${text} (${sameTextCount})` : text;
    // A request that is not shown in full must be reviewed before it can be approved.
    const decisions = isComplete ? availableDecisions(request, ["approve", "approve_for_session"]) : [];
    const buttons = [
      ...decisions.map((decision) => decision.label),
      ...(isComplete ? [] : [reviewLabel()]),
      ...availableDecisions(request, ["answer", "deny"]).map((decision) => decision.label),
      ...navigationLabels(request),
    ];
    let result: ClickResult = "show_again";
    while (result === "show_again") {
      const choice = await vscode.window.showWarningMessage(message, ...buttons);
      if (choice === undefined) {
        return;
      }
      result =
        choice === reviewLabel() ? await this.#review(approval) : await this.#handleClick(approval, choice);
    }
  }

  async #review(approval: PendingApproval): Promise<ClickResult> {
    if (approval.closedReason !== undefined) {
      return this.#warnNoEffect(approval);
    }
    const { request } = approval;
    const decisions = availableDecisions(request, request.decisions).map((decision) => decision.label);
    const options = { modal: true, detail: asDialogText(request) };
    const buttons = [...decisions, ...navigationLabels(request)];
    const choice = await vscode.window.showWarningMessage(
      vscode.l10n.t("Codex asks for your approval"),
      options,
      ...buttons,
    );
    return choice === undefined ? "done" : this.#handleClick(approval, choice);
  }

  async #handleClick(approval: PendingApproval, choice: string): Promise<ClickResult> {
    if (approval.closedReason !== undefined) {
      return this.#warnNoEffect(approval);
    }
    const navigation = this.#navigate(approval.request, choice);
    if (navigation !== undefined) {
      try {
        await navigation;
      } catch (error) {
        void vscode.window.showErrorMessage(errorMessage(error));
      }
      return approval.closedReason === undefined ? "show_again" : "done";
    }
    const decision = availableDecisions(approval.request, approval.request.decisions).find(
      ({ label }) => label === choice,
    );
    if (decision === undefined) {
      return "show_again";
    }
    const answer: ApprovalAnswer = { decision: decision.name };
    if (decision.name === "answer") {
      const answers = await askQuestions(approval.request.questions);
      if (answers === undefined) {
        return approval.closedReason === undefined ? "show_again" : "done";
      }
      if (approval.closedReason !== undefined) {
        return this.#warnNoEffect(approval);
      }
      answer.answers = answers;
    }
    this.#close(approval, answeredHere(choice), answer);
    return "done";
  }

  /**
   * Opens the place that the chosen button leads to. Returns `undefined` if the button is not a navigation
   * button.
   */
  #navigate({ conversationId }: ApprovalRequest, choice: string): Promise<unknown> | undefined {
    if (choice === openInDashboardLabel()) {
      // Not awaited: opening may show a message of its own, and the notification must stay visible meanwhile.
      this.#navigation.openDashboard();
      return Promise.resolve();
    }
    return choice === showLabel() && conversationId !== undefined
      ? this.#navigation.showConversation(conversationId)
      : undefined;
  }

  #warnNoEffect({ request, closedReason }: PendingApproval): ClickResult {
    void vscode.window.showWarningMessage(
      vscode.l10n.t("Your click on {0} had no effect: {1}.", quoted(request.summary), closedReason ?? ""),
    );
    return "done";
  }

  #close(approval: PendingApproval, reason: string, answer: ApprovalAnswer | null): void {
    approval.closedReason = reason;
    approval.resolve(answer);
    this.#pending.delete(approval.request.approvalId);
    this.#countChanged.fire(this.#pending.size);
  }
}

/** Returns a short label, because a notification has little room for its buttons. */
function showLabel(): string {
  return vscode.l10n.t("Show");
}

function openInDashboardLabel(): string {
  return vscode.l10n.t("Open in Dashboard");
}

function reviewLabel(): string {
  return vscode.l10n.t("Review…");
}

function answeredHere(label: string): string {
  return vscode.l10n.t("you have already answered with “{0}”", label);
}

/**
 * Returns the labels of the navigation buttons. The dashboard is offered for forms, and not every request has
 * a conversation.
 */
function navigationLabels(request: ApprovalRequest): string[] {
  return [
    ...(needsForm(request) ? [openInDashboardLabel()] : []),
    ...(request.conversationId === undefined ? [] : [showLabel()]),
  ];
}

/** Returns the given decisions that the request offers and that can be made in VS Code. */
function availableDecisions(
  request: ApprovalRequest,
  names: readonly string[],
): { name: string; label: string }[] {
  return names.flatMap((name) => {
    const label = decisionLabel(name);
    const isSupported = name !== "answer" || !needsForm(request);
    return label !== undefined && isSupported && request.decisions.includes(name) ? [{ name, label }] : [];
  });
}
