import * as vscode from "vscode";

import type { ApprovalAnswer, ApprovalRequest, ApprovalResolved } from "./addon";
import { askQuestions } from "./approvalQuestions";
import { asLines, asNotification, decisionLabels, howResolved, listEntry, quoted } from "./approvalTexts";

/** A question of Codex that this window has been asked. */
interface Asked {
  readonly request: ApprovalRequest;
  /** Hands the answer to the core; `null` when there is none any more. */
  readonly settle: (answer: ApprovalAnswer | null) => void;
  /** Why it needs no answer any more, as the end of a sentence. */
  over?: string;
}

/** What came of a click: the question is still to be answered, or it is not. */
type Outcome = "open" | "done";

const show = "Show";
const review = "Review…";

/**
 * Asks the person what Codex wants to know, in a notification and in a list.
 *
 * A question stays open until it is answered here, or the core says that it is resolved: closing the notification only puts it
 * aside, into the list. VS Code closes no notification of ours on request, so one can outlive its question. Whoever clicks it then is
 * told that the click came too late.
 */
export class Approvals implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #showConversation: (conversationId: string) => Promise<unknown>;
  readonly #waiting = new Map<string, Asked>();
  readonly #changed = new vscode.EventEmitter<number>();

  /** Tells the number of questions that wait, whenever it changes. */
  readonly onDidChange = this.#changed.event;

  /** @param showConversation opens the tab of a conversation */
  constructor(log: vscode.LogOutputChannel, showConversation: (conversationId: string) => Promise<unknown>) {
    this.#log = log;
    this.#showConversation = showConversation;
  }

  /** Asks; resolves with the answer, or with `null` when none is wanted any more. */
  ask(request: ApprovalRequest): Promise<ApprovalAnswer | null> {
    return new Promise((resolve) => {
      const asked: Asked = { request, settle: resolve };
      this.#waiting.set(request.approvalId, asked);
      this.#changed.fire(this.#waiting.size);
      // The list has the question all the same.
      this.#notify(asked).catch((error: unknown) => this.#log.error(`Cannot show an approval: ${String(error)}`));
    });
  }

  /** Somebody or something else resolved a question, perhaps just before the person's own answer arrived. */
  resolved(approval: ApprovalResolved): void {
    const how = howResolved(approval);
    const asked = this.#waiting.get(approval.approvalId);
    if (asked === undefined) {
      void vscode.window.showWarningMessage(
        `Your answer to ${quoted(approval.summary)} came too late and changed nothing: it was already ${how}.`,
      );
    } else {
      this.#end(asked, `it was already ${how}`, null);
      void vscode.window.showInformationMessage(`Codex no longer asks ${quoted(approval.summary)}: it was already ${how}.`);
    }
  }

  /** The server has stopped: nobody waits for answers. */
  clear(): void {
    for (const asked of this.#waiting.values()) {
      this.#end(asked, "the server that asked has stopped", null);
    }
  }

  /** Lists the questions that wait, and lets the person answer one. */
  async list(): Promise<void> {
    const waiting = [...this.#waiting.values()];
    if (waiting.length === 0) {
      void vscode.window.showInformationMessage("No approvals of Codex are pending in this window.");
      return;
    }
    const items = waiting.map((asked) => ({ ...listEntry(asked.request), asked }));
    const picked = await vscode.window.showQuickPick(items, { title: "Codex asks", placeHolder: "What to decide first" });
    if (picked !== undefined) {
      await this.#review(picked.asked);
    }
  }

  dispose(): void {
    this.clear();
    this.#changed.dispose();
  }

  async #notify(asked: Asked): Promise<void> {
    const { request } = asked;
    const { text, isWhole } = asNotification(request);
    // VS Code closes a notification when one with the same text and buttons is shown.
    const alike = [...this.#waiting.values()].filter((other) => asNotification(other.request).text === text).length;
    const message = alike > 1 ? `${text} (${alike})` : text;
    // What cannot be read whole cannot be approved here.
    const decisions = isWhole ? offered(request, ["approve", "approve_for_session"]) : [];
    const buttons = [
      ...decisions.map((decision) => decision.label),
      ...(isWhole ? [] : [review]),
      ...offered(request, ["answer", "deny"]).map((decision) => decision.label),
      ...showButton(request),
    ];
    let outcome: Outcome = "open";
    while (outcome === "open") {
      const choice = await vscode.window.showWarningMessage(message, ...buttons);
      if (choice === undefined) {
        return;
      }
      outcome = choice === review ? await this.#review(asked) : await this.#act(asked, choice);
    }
  }

  /** Shows everything that there is to decide on, with all decisions. */
  async #review(asked: Asked): Promise<Outcome> {
    if (asked.over !== undefined) {
      return this.#tellTooLate(asked);
    }
    const { request } = asked;
    const decisions = offered(request, request.decisions).map((decision) => decision.label);
    const options = { modal: true, detail: asLines(request) };
    const buttons = [...decisions, ...showButton(request)];
    const choice = await vscode.window.showWarningMessage("Codex asks for your approval", options, ...buttons);
    return choice === undefined ? "done" : this.#act(asked, choice);
  }

  async #act(asked: Asked, choice: string): Promise<Outcome> {
    if (asked.over !== undefined) {
      return this.#tellTooLate(asked);
    }
    const { conversationId } = asked.request;
    if (choice === show && conversationId !== undefined) {
      try {
        await this.#showConversation(conversationId);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
      return asked.over === undefined ? "open" : "done";
    }
    const decision = offered(asked.request, asked.request.decisions).find(({ label }) => label === choice);
    if (decision === undefined) {
      return "open";
    }
    const answer: ApprovalAnswer = { decision: decision.name };
    if (decision.name === "answer") {
      const answers = await askQuestions(asked.request.questions);
      if (answers === undefined) {
        return asked.over === undefined ? "open" : "done";
      }
      if (asked.over !== undefined) {
        return this.#tellTooLate(asked);
      }
      answer.answers = answers;
    }
    this.#end(asked, `you have already answered it with “${choice}”`, answer);
    return "done";
  }

  #tellTooLate({ request, over }: Asked): Outcome {
    void vscode.window.showWarningMessage(
      `Your click on ${quoted(request.summary)} came too late and changed nothing: ${over}.`,
    );
    return "done";
  }

  #end(asked: Asked, over: string, answer: ApprovalAnswer | null): void {
    asked.over = over;
    asked.settle(answer);
    this.#waiting.delete(asked.request.approvalId);
    this.#changed.fire(this.#waiting.size);
  }
}

/** There may be no conversation to show. */
function showButton(request: ApprovalRequest): string[] {
  return request.conversationId === undefined ? [] : [show];
}

/** Those of the decisions that the request offers and that can be made here. */
function offered(request: ApprovalRequest, wanted: readonly string[]): { name: string; label: string }[] {
  return wanted.flatMap((name) => {
    const label = decisionLabels[name];
    // Forms and tools are answered by programs only.
    const canBeMade = name !== "answer" || request.questions.length > 0;
    return label !== undefined && canBeMade && request.decisions.includes(name) ? [{ name, label }] : [];
  });
}
