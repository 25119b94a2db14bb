import * as vscode from "vscode";

import type { Approval, CodexBridgeApi, Job, SentView } from "../api";
import type { BridgeEvent } from "./addon";
import type { BridgeServer } from "./bridge";
import { approvalPath, type BridgeClient, conversationPath, jobPath } from "./client";
import type { BridgeEvents } from "./events";
import { OnDemand } from "./onDemand";

/** The longest that the bridge holds a reply. */
const waitMsMax = 55_000;

/** What other extensions get. */
export class ExtensionApi implements vscode.Disposable {
  readonly #client: BridgeClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #jobChanged = new vscode.EventEmitter<Job>();
  readonly #approvalRequested = new vscode.EventEmitter<Approval>();
  readonly #hearing: OnDemand;
  /** Ends when all events so far were told, in their order. */
  #told: Promise<void> = Promise.resolve();

  /** What `activate()` returns. */
  readonly exported: CodexBridgeApi;

  constructor(
    server: BridgeServer,
    client: BridgeClient,
    events: BridgeEvents,
    log: vscode.LogOutputChannel,
  ) {
    this.#client = client;
    this.#log = log;
    this.#hearing = new OnDemand(() => events.onDidHappen((event) => this.#hear(event)));
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
          const now = await job("GET", `${jobPath(jobId)}?waitMs=${waitMs}`);
          if (now.status === "completed" || now.status === "failed" || Date.now() >= deadline) {
            return now;
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
      onDidChangeJob: this.#hearing.event(this.#jobChanged),
      onApprovalRequested: this.#hearing.event(this.#approvalRequested),
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.#hearing, this.#jobChanged, this.#approvalRequested).dispose();
  }

  #hear(event: BridgeEvent): void {
    this.#told = this.#told
      .then(() => this.#tell(event))
      .catch((error: unknown) => this.#log.debug(`Cannot tell the event ${event.type}: ${String(error)}`));
  }

  async #tell({ type, jobId, approvalId }: BridgeEvent): Promise<void> {
    if (type.startsWith("lane.")) {
      return;
    }
    // The job first, while it waits: whoever hears of the approval may answer it at once.
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
