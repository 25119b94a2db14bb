// What the extension Codex Bridge offers other extensions. Take this folder into your own sources, and in your package.json name
// "codex-bridge.codex-bridge" among the "extensionDependencies". Then:
//
//   const extension = vscode.extensions.getExtension<CodexBridgeApi>("codex-bridge.codex-bridge");
//   const bridge = await extension?.activate();
//   const { job } = await bridge.start({ message: "Fix the failing tests" });
//   const { status, result } = await bridge.wait(job.jobId);
//
// Everything goes the way of the HTTP API, with its checks and its memory; README.md describes what a message may ask for.

import type { Event } from "vscode";

import type { Approval, Job, MessageBody, ResolveBody, SentView } from "./schemas.js";

export type * from "./schemas.js";

/** What `activate()` of the extension `codex-bridge.codex-bridge` returns. */
export interface CodexBridgeApi {
  /** Grows when something here changes that callers depend on. */
  readonly apiVersion: 1;

  /** Address of this window's server, for example `http://127.0.0.1:8765`; `undefined` while it does not run. */
  readonly url: string | undefined;

  /** Starts a conversation (`POST /conversations`). Resolves when its first turn has begun, or waits in a queue. */
  start(message: MessageBody & { readonly message: string }): Promise<SentView>;

  /**
   * Continues a conversation (`POST /conversations/{conversationId}/messages`).
   *
   * @param conversationId its id, or `"current"` for the one whose tab has the focus
   */
  continue(conversationId: string, message: MessageBody & { readonly message: string }): Promise<SentView>;

  /** A job as it is now (`GET /jobs/{jobId}`). */
  job(jobId: string): Promise<Job>;

  /**
   * A job once it has ended: its `status` is `completed` or `failed`.
   *
   * @param timeoutMs milliseconds after which the job is returned as it is then; without it there is no limit
   */
  wait(jobId: string, timeoutMs?: number): Promise<Job>;

  /** Ends a job (`POST /jobs/{jobId}/cancel`). */
  cancel(jobId: string): Promise<Job>;

  /** Adds words to the running turn of a job (`POST /jobs/{jobId}/steer`). */
  steer(jobId: string, message: string): Promise<Job>;

  /** What Codex asked and nobody has answered yet (`GET /approvals?status=pending`), newest first. */
  pendingApprovals(): Promise<Approval[]>;

  /** Answers what Codex asked (`POST /approvals/{approvalId}`). Who answers first wins. */
  resolveApproval(approvalId: string, answer: ResolveBody): Promise<Approval>;

  /**
   * Any other request of the HTTP API, but for its streams.
   *
   * @param method for example `GET`
   * @param path for example `/conversations?search=tests`
   * @returns the body of the reply
   */
  request(method: string, path: string, body?: object): Promise<unknown>;

  /**
   * A job was created, went on, waits for an approval or has ended; here is the job as it is now. Jobs of other windows are told, too.
   * Changes in quick succession may show the same state twice.
   */
  readonly onDidChangeJob: Event<Job>;

  /** Codex asks; here is what. The person at the window is asked as well. */
  readonly onApprovalRequested: Event<Approval>;
}

/** What the promises above reject with. */
export interface CodexBridgeError extends Error {
  /** As in the HTTP API, for example `validation_error` or `job_not_found`; `bridge_not_running` where there is no server. */
  readonly code: string;
  /** HTTP status of the reply; `undefined` where there was none. */
  readonly status: number | undefined;
  /** Facts beside the message, for example `{ field: "cwd" }`. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** The same id stands in the log. */
  readonly requestId: string | undefined;
}
