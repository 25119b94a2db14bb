import * as vscode from "vscode";

import type { ApprovalAnswer, ApprovalRequest, ApprovalResolved } from "./addon";
import { askQuestions } from "./approvalQuestions";
import {
  asLines,
  asNotification,
  decisionLabel,
  howResolved,
  listEntry,
  needsForm,
  quoted,
} from "./approvalTexts";

/** A question of Codex that this window has been asked. */
interface Asked {
  readonly request: ApprovalRequest;
  /** Hands the answer to the core; `null` when there is none any more. */
  readonly settle: (answer: ApprovalAnswer | null) => void;
  /** Why it needs no answer any more, as the end of a sentence. */
  over?: string;
}

/** Where the person can see more than a notification shows. */
export interface Places {
  /** Opens the tab of a conversation. */
  readonly showConversation: (conversationId: string) => Promise<unknown>;
  /** Opens the dashboard, which has a form for what has none here. What keeps it from opening is told to the person. */
  readonly openDashboard: () => void;
}

/** What came of a click: the question is still to be answered, or it is not. */
type Outcome = "open" | "done";

/**
 * Asks the person what Codex wants to know, in a notification and in a list.
 *
 * A question stays open until it is answered here, or the core says that it is resolved: closing the notification only puts it
 * aside, into the list. VS Code closes no notification of ours on request, so one can outlive its question. Whoever clicks it then is
 * told that the click came too late.
 */
export class Approvals implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #places: Places;
  readonly #waiting = new Map<string, Asked>();
  readonly #changed = new vscode.EventEmitter<number>();

  /** Tells the number of questions that wait, whenever it changes. */
  readonly onDidChange = this.#changed.event;

  constructor(log: vscode.LogOutputChannel, places: Places) {
    this.#log = log;
    this.#places = places;
  }

  /** Asks; resolves with the answer, or with `null` when none is wanted any more. */
  ask(request: ApprovalRequest): Promise<ApprovalAnswer | null> {
    return new Promise((resolve) => {
      const asked: Asked = { request, settle: resolve };
      this.#waiting.set(request.approvalId, asked);
      this.#changed.fire(this.#waiting.size);
      // The list has the question all the same.
      this.#notify(asked).catch((error: unknown) =>
        this.#log.error(`Cannot show an approval: ${String(error)}`),
      );
    });
  }

  /** Somebody or something else resolved a question, perhaps just before the person's own answer arrived. */
  resolved(approval: ApprovalResolved): void {
    const how = howResolved(approval);
    const summary = quoted(approval.summary);
    const asked = this.#waiting.get(approval.approvalId);
    if (asked === undefined) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          "Your answer to {0} came too late and changed nothing: it was already {1}.",
          summary,
          how,
        ),
      );
    } else {
      this.#end(asked, vscode.l10n.t("it was already {0}", how), null);
      void vscode.window.showInformationMessage(
        vscode.l10n.t("Codex no longer asks {0}: it was already {1}.", summary, how),
      );
    }
  }

  /** The server has stopped: nobody waits for answers. */
  clear(): void {
    for (const asked of this.#waiting.values()) {
      this.#end(asked, vscode.l10n.t("the server that asked has stopped"), null);
    }
  }

  /** The questions that wait, oldest first. */
  waiting(): ApprovalRequest[] {
    return [...this.#waiting.values()].map(({ request }) => request);
  }

  /** Lists the questions that wait, and lets the person answer one. */
  async list(): Promise<void> {
    const items = this.#entries();
    if (items.length > 0) {
      const placeHolder = vscode.l10n.t("What to decide first");
      const picked = await vscode.window.showQuickPick(items, {
        title: vscode.l10n.t("Codex asks"),
        placeHolder,
      });
      if (picked !== undefined) {
        await this.#review(picked.asked);
      }
    }
  }

  /** Shows the only question that waits, with all that there is to decide on, or lets the person choose one. */
  async approve(): Promise<void> {
    const [only, ...others] = this.#waiting.values();
    await (only === undefined || others.length > 0 ? this.list() : this.#review(only));
  }

  /** Lets the person choose what to deny, which takes no look at the details. */
  async deny(): Promise<void> {
    const items = this.#entries().filter(({ asked }) => asked.request.decisions.includes("deny"));
    if (items.length > 0) {
      const placeHolder = vscode.l10n.t("What to deny");
      const options = { title: vscode.l10n.t("Codex asks"), placeHolder, canPickMany: true } as const;
      for (const { asked } of (await vscode.window.showQuickPick(items, options)) ?? []) {
        if (asked.over === undefined) {
          this.#end(asked, youHaveAnswered(decisionLabel("deny") ?? "deny"), { decision: "deny" });
        } else {
          this.#tellTooLate(asked);
        }
      }
    }
  }

  /** Shows everything that there is to decide on, with all decisions. */
  async review(approvalId: string): Promise<void> {
    const asked = this.#waiting.get(approvalId);
    if (asked !== undefined) {
      await this.#review(asked);
    }
  }

  dispose(): void {
    this.clear();
    this.#changed.dispose();
  }

  /** The questions that wait, for a list; where there are none, the person is told so. */
  #entries(): (vscode.QuickPickItem & { readonly asked: Asked })[] {
    if (this.#waiting.size === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("No approvals of Codex are pending in this window."),
      );
    }
    return [...this.#waiting.values()].map((asked) => ({ ...listEntry(asked.request), asked }));
  }

  async #notify(asked: Asked): Promise<void> {
    const { request } = asked;
    const { text, isWhole } = asNotification(request);
    // VS Code closes a notification when one with the same text and buttons is shown.
    const alike = [...this.#waiting.values()].filter(
      (other) => asNotification(other.request).text === text,
    ).length;
    const message = alike > 1 ? `${text} (${alike})` : text;
    // What cannot be read whole cannot be approved here.
    const decisions = isWhole ? offered(request, ["approve", "approve_for_session"]) : [];
    const buttons = [
      ...decisions.map((decision) => decision.label),
      ...(isWhole ? [] : [review()]),
      ...offered(request, ["answer", "deny"]).map((decision) => decision.label),
      ...placeButtons(request),
    ];
    let outcome: Outcome = "open";
    while (outcome === "open") {
      const choice = await vscode.window.showWarningMessage(message, ...buttons);
      if (choice === undefined) {
        return;
      }
      outcome = choice === review() ? await this.#review(asked) : await this.#act(asked, choice);
    }
  }

  async #review(asked: Asked): Promise<Outcome> {
    if (asked.over !== undefined) {
      return this.#tellTooLate(asked);
    }
    const { request } = asked;
    const decisions = offered(request, request.decisions).map((decision) => decision.label);
    const options = { modal: true, detail: asLines(request) };
    const buttons = [...decisions, ...placeButtons(request)];
    const choice = await vscode.window.showWarningMessage(
      vscode.l10n.t("Codex asks for your approval"),
      options,
      ...buttons,
    );
    return choice === undefined ? "done" : this.#act(asked, choice);
  }

  async #act(asked: Asked, choice: string): Promise<Outcome> {
    if (asked.over !== undefined) {
      return this.#tellTooLate(asked);
    }
    const opening = this.#open(asked.request, choice);
    if (opening !== undefined) {
      try {
        await opening;
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
    this.#end(asked, youHaveAnswered(choice), answer);
    return "done";
  }

  /** Where a button leads to a place. */
  #open({ conversationId }: ApprovalRequest, choice: string): Promise<unknown> | undefined {
    if (choice === openInDashboard()) {
      // It may have something to say, for which the question shall not be put aside.
      this.#places.openDashboard();
      return Promise.resolve();
    }
    return choice === show() && conversationId !== undefined
      ? this.#places.showConversation(conversationId)
      : undefined;
  }

  #tellTooLate({ request, over }: Asked): Outcome {
    void vscode.window.showWarningMessage(
      vscode.l10n.t(
        "Your click on {0} came too late and changed nothing: {1}.",
        quoted(request.summary),
        over ?? "",
      ),
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

function show(): string {
  return vscode.l10n.t("Show");
}

function openInDashboard(): string {
  return vscode.l10n.t("Open in Dashboard");
}

function review(): string {
  return vscode.l10n.t("Review…");
}

function youHaveAnswered(label: string): string {
  return vscode.l10n.t("you have already answered it with “{0}”", label);
}

/** There may be no conversation to show; the dashboard has forms. */
function placeButtons(request: ApprovalRequest): string[] {
  return [
    ...(needsForm(request) ? [openInDashboard()] : []),
    ...(request.conversationId === undefined ? [] : [show()]),
  ];
}

/** Those of the decisions that the request offers and that can be made here. */
function offered(request: ApprovalRequest, wanted: readonly string[]): { name: string; label: string }[] {
  return wanted.flatMap((name) => {
    const label = decisionLabel(name);
    const canBeMade = name !== "answer" || !needsForm(request);
    return label !== undefined && canBeMade && request.decisions.includes(name) ? [{ name, label }] : [];
  });
}
