// The API of the extension Codex Bridge for other extensions. Copy this directory into your sources and add
// "codex-bridge.codex-bridge" to the "extensionDependencies" in your package.json. Then:
//
//   const extension = vscode.extensions.getExtension<CodexBridgeApi>("codex-bridge.codex-bridge");
//   const bridge = await extension?.activate();
//   const { job } = await bridge.start({ message: "Fix the failing tests" });
//   const { status, result } = await bridge.wait(job.jobId);
//
// All calls use the routes of the HTTP API, with the same validation and job history. README.md describes the
// options of a message.

import type { Event } from "vscode";

import type { Approval, Job, MessageBody, ResolveBody, SentView } from "./schemas.js";

export type * from "./schemas.js";

/** The object that `activate()` of the extension `codex-bridge.codex-bridge` returns. */
export interface CodexBridgeApi {
  /** The version of this API. It increases with every incompatible change. */
  readonly apiVersion: 1;

  /**
   * The URL of this window's server, for example `http://127.0.0.1:8765`, or `undefined` while the server is
   * not running.
   */
  readonly url: string | undefined;

  /**
   * Starts a conversation (`POST /conversations`). Resolves when its first turn has started or has been
   * queued.
   */
  start(message: MessageBody & { readonly message: string }): Promise<SentView>;

  /**
   * Continues a conversation (`POST /conversations/{conversationId}/messages`).
   *
   * @param conversationId the id of the conversation, or `"current"` for the one whose tab has the focus
   */
  continue(conversationId: string, message: MessageBody & { readonly message: string }): Promise<SentView>;

  /** Returns the current state of a job (`GET /jobs/{jobId}`). */
  job(jobId: string): Promise<Job>;

  /**
   * Waits until a job has ended (its `status` is `completed` or `failed`) and returns it.
   *
   * @param timeoutMs milliseconds after which the job is returned even if it has not ended. Default: no limit
   */
  wait(jobId: string, timeoutMs?: number): Promise<Job>;

  /** Cancels a job (`POST /jobs/{jobId}/cancel`). */
  cancel(jobId: string): Promise<Job>;

  /** Adds a message to the current turn of a job (`POST /jobs/{jobId}/steer`). */
  steer(jobId: string, message: string): Promise<Job>;

  /** Returns the pending approvals (`GET /approvals?status=pending`), newest first. */
  pendingApprovals(): Promise<Approval[]>;

  /** Answers an approval request (`POST /approvals/{approvalId}`). The first answer wins. */
  resolveApproval(approvalId: string, answer: ResolveBody): Promise<Approval>;

  /**
   * Sends any other request of the HTTP API, except for its event streams.
   *
   * @param method for example `GET`
   * @param path for example `/conversations?search=tests`
   * @returns the body of the reply
   */
  request(method: string, path: string, body?: object): Promise<unknown>;

  /**
   * Fires with the current state of a job when the job was created, has progressed, is waiting for an
   * approval or has ended. Jobs of other windows are included. Changes in quick succession may report the
   * same state twice.
   */
  readonly onDidChangeJob: Event<Job>;

  /** Fires with each approval request of Codex. The user of the window is asked as well. */
  readonly onApprovalRequested: Event<Approval>;
}

/** The error with which the promises above reject. */
export interface CodexBridgeError extends Error {
  /**
   * The error code of the HTTP API, for example `job_not_found`, or `bridge_not_running` if the server is not
   * running.
   */
  readonly code: string;
  /** The HTTP status of the reply, or `undefined` if there was no reply. */
  readonly status: number | undefined;
  /** Structured details of the error, for example `{ field: "cwd" }`. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** The id of the request, which also appears in the log. */
  readonly requestId: string | undefined;
}
