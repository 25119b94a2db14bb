import * as vscode from "vscode";

import type { Approval, CodexBridgeApi, CodexBridgeError, Job, SentView } from "../api";
import type { Bridge, BridgeEvent, Listening } from "./addon";
import type { BridgeServer } from "./bridge";

/** The longest that the bridge holds a reply. */
const waitMsMax = 55_000;

/** What other extensions get. Every call is a request to the routes of the HTTP API; only the connection is saved. */
export class ExtensionApi implements vscode.Disposable {
  readonly #server: BridgeServer;
  readonly #log: vscode.LogOutputChannel;
  readonly #jobChanged = new vscode.EventEmitter<Job>();
  readonly #approvalRequested = new vscode.EventEmitter<Approval>();
  readonly #serverChanged: vscode.Disposable;
  /** Listeners to either event. While there are none, the bridge is not asked for events, which costs it some work. */
  #listeners = 0;
  #listening: { readonly bridge: Bridge; readonly handle: Listening } | undefined;
  /** Ends when the listening is as it is wanted. */
  #settled: Promise<void> = Promise.resolve();
  /** Ends when all events so far were told, in their order. */
  #told: Promise<void> = Promise.resolve();

  /** What `activate()` returns. */
  readonly exported: CodexBridgeApi;

  constructor(server: BridgeServer, log: vscode.LogOutputChannel) {
    this.#server = server;
    this.#log = log;
    this.#serverChanged = server.onDidChange(() => this.#settle());
    const request = (method: string, path: string, body?: object): Promise<unknown> => this.#request(method, path, body);
    const job = async (method: string, path: string, body?: object): Promise<Job> =>
      ((await request(method, path, body)) as { job: Job }).job;
    this.exported = Object.freeze<CodexBridgeApi>({
      apiVersion: 1,
      get url() {
        return server.state.kind === "running" ? server.state.bridge.url : undefined;
      },
      start: async (message) => (await request("POST", "/conversations", message)) as SentView,
      continue: async (conversationId, message) =>
        (await request("POST", `/conversations/${encodeURIComponent(conversationId)}/messages`, message)) as SentView,
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
        ((await request("GET", "/approvals?status=pending")) as { approvals: Approval[] }).approvals,
      resolveApproval: async (approvalId, answer) =>
        ((await request("POST", approvalPath(approvalId), answer)) as { approval: Approval }).approval,
      request,
      onDidChangeJob: this.#counted(this.#jobChanged),
      onApprovalRequested: this.#counted(this.#approvalRequested),
    });
  }

  dispose(): void {
    this.#listening?.handle.stop();
    vscode.Disposable.from(this.#serverChanged, this.#jobChanged, this.#approvalRequested).dispose();
  }

  async #request(method: string, path: string, body?: object): Promise<unknown> {
    if (this.#server.state.kind === "starting") {
      await this.#server.settle();
    }
    // Whoever listens shall hear of what this request brings about.
    await this.#settled;
    const { state } = this.#server;
    if (state.kind !== "running") {
      throw new ApiError({ error: "Codex Bridge does not run in this window.", code: "bridge_not_running" });
    }
    return ask(state.bridge, method, path, body);
  }

  /** An event that counts who listens. */
  #counted<T>(emitter: vscode.EventEmitter<T>): vscode.Event<T> {
    return (listener, thisArgument?: unknown, disposables?: vscode.Disposable[]) => {
      const subscription = emitter.event(listener, thisArgument);
      let isHeard = true;
      this.#listeners += 1;
      this.#settle();
      const disposable = new vscode.Disposable(() => {
        subscription.dispose();
        if (isHeard) {
          isHeard = false;
          this.#listeners -= 1;
          this.#settle();
        }
      });
      disposables?.push(disposable);
      return disposable;
    };
  }

  /** Listens to the running server while somebody listens to us. */
  #settle(): void {
    this.#settled = this.#settled.then(async () => {
      const { state } = this.#server;
      const wanted = state.kind === "running" && this.#listeners > 0 ? state.bridge : undefined;
      if (this.#listening?.bridge === wanted) {
        return;
      }
      this.#listening?.handle.stop();
      this.#listening = undefined;
      if (wanted !== undefined) {
        const handle = await wanted.listen((event) => this.#hear(wanted, event));
        this.#listening = { bridge: wanted, handle };
      }
    }).catch((error: unknown) => this.#log.warn(`Cannot listen to events: ${String(error)}`));
  }

  #hear(bridge: Bridge, event: BridgeEvent): void {
    this.#told = this.#told
      .then(() => this.#tell(bridge, event))
      .catch((error: unknown) => this.#log.debug(`Cannot tell the event ${event.type}: ${String(error)}`));
  }

  async #tell(bridge: Bridge, { type, jobId, approvalId }: BridgeEvent): Promise<void> {
    // The job first, while it waits: whoever hears of the approval may answer it at once.
    if (jobId !== undefined) {
      const { job } = (await ask(bridge, "GET", jobPath(jobId))) as { job: Job };
      this.#jobChanged.fire(job);
    }
    if (type === "approval.requested" && approvalId !== undefined) {
      const { approval } = (await ask(bridge, "GET", approvalPath(approvalId))) as { approval: Approval };
      this.#approvalRequested.fire(approval);
    }
  }
}

async function ask(bridge: Bridge, method: string, path: string, body?: object): Promise<unknown> {
  let reply;
  try {
    reply = await bridge.request(method, path, body);
  } catch (error) {
    throw new ApiError({ error: error instanceof Error ? error.message : String(error), code: "bridge_not_running" });
  }
  if (reply.status >= 400) {
    throw new ApiError(reply.body as ErrorBody, reply.status);
  }
  return reply.body;
}

function jobPath(jobId: string): string {
  return `/jobs/${encodeURIComponent(jobId)}`;
}

function approvalPath(approvalId: string): string {
  return `/approvals/${encodeURIComponent(approvalId)}`;
}

/** The body of a refusal. */
interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

class ApiError extends Error implements CodexBridgeError {
  override readonly name = "CodexBridgeError";
  readonly code: string;
  readonly status: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly requestId: string | undefined;

  constructor({ error, code, details, requestId }: ErrorBody, status?: number) {
    super(error);
    this.code = code;
    this.status = status;
    this.details = details;
    this.requestId = requestId;
  }
}
