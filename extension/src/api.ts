import * as vscode from "vscode";

import type { Approval, CodexBridgeApi, Job, SentView } from "../api";
import type { BridgeEvent } from "./addon";
import type { BridgeServer } from "./bridge";
import { approvalPath, type BridgeClient, conversationPath, jobPath } from "./client";
import type { BridgeEvents } from "./events";
import { OnDemand } from "./onDemand";

/** The maximum value of `waitMs`: the longest time for which the bridge holds a reply. */
const waitMsMax = 55_000;

/** The API for other extensions. */
export class ExtensionApi implements vscode.Disposable {
  readonly #client: BridgeClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #jobChanged = new vscode.EventEmitter<Job>();
  readonly #approvalRequested = new vscode.EventEmitter<Approval>();
  readonly #subscription: OnDemand;
  /** Resolves when all events received so far have been delivered, in their order. */
  #delivered: Promise<void> = Promise.resolve();

  /** The object that `activate()` returns. */
  readonly exported: CodexBridgeApi;

  constructor(
    server: BridgeServer,
    client: BridgeClient,
    events: BridgeEvents,
    log: vscode.LogOutputChannel,
  ) {
    this.#client = client;
    this.#log = log;
    this.#subscription = new OnDemand(() => events.onEvent((event) => this.#enqueue(event)));
    const job = async (method: string, path: string, body?: object): Promise<Job> =>
      ((await client.request(method, path, body)) as { job: Job }).job;
    this.exported = Object.freeze<CodexBridgeApi>({
      apiVersion: 1,
      get url() {
        return server.state.kind === "running" ? server.state.bridge.url : undefined;
      },
      start: async (message) => (await client.request("POST", "/conversations", message)) as SentView,
      continue: async (conversationId, message) =>
        (await client.request("POST", `${conversationPath(conversationId)}/messages`, message)) as SentView,
      job: (jobId) => job("GET", jobPath(jobId)),
      wait: async (jobId, timeoutMs = Infinity) => {
        const deadline = Date.now() + timeoutMs;
        for (;;) {
          const waitMs = Math.ceil(Math.min(Math.max(deadline - Date.now(), 0), waitMsMax));
          const current = await job("GET", `${jobPath(jobId)}?waitMs=${waitMs}`);
          if (current.status === "completed" || current.status === "failed" || Date.now() >= deadline) {
            return current;
          }
        }
      },
      cancel: (jobId) => job("POST", `${jobPath(jobId)}/cancel`),
      steer: (jobId, message) => job("POST", `${jobPath(jobId)}/steer`, { message }),
      pendingApprovals: async () =>
        ((await client.request("GET", "/approvals?status=pending")) as { approvals: Approval[] }).approvals,
      resolveApproval: async (approvalId, answer) =>
        ((await client.request("POST", approvalPath(approvalId), answer)) as { approval: Approval }).approval,
      request: (method, path, body) => client.request(method, path, body),
      onDidChangeJob: this.#subscription.event(this.#jobChanged),
      onApprovalRequested: this.#subscription.event(this.#approvalRequested),
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.#subscription, this.#jobChanged, this.#approvalRequested).dispose();
  }

  #enqueue(event: BridgeEvent): void {
    this.#delivered = this.#delivered
      .then(() => this.#deliver(event))
      .catch((error: unknown) => this.#log.debug(`Cannot deliver the event ${event.type}: ${String(error)}`));
  }

  async #deliver({ type, jobId, approvalId }: BridgeEvent): Promise<void> {
    if (type.startsWith("lane.")) {
      return;
    }
    // Fire the job's event first, while the job is still waiting: a listener to the approval may answer it
    // immediately.
    if (jobId !== undefined) {
      const { job } = (await this.#client.request("GET", jobPath(jobId))) as { job: Job };
      this.#jobChanged.fire(job);
    }
    if (type === "approval.requested" && approvalId !== undefined) {
      const { approval } = (await this.#client.request("GET", approvalPath(approvalId))) as {
        approval: Approval;
      };
      this.#approvalRequested.fire(approval);
    }
  }
}
