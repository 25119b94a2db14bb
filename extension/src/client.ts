import type { CodexBridgeError } from "../api";
import type { BridgeServer } from "./bridge";
import type { BridgeEvents } from "./events";

/** Requests to the routes of the HTTP API, as over HTTP; only the connection is saved. */
export class BridgeClient {
  readonly #server: BridgeServer;
  readonly #events: BridgeEvents;

  constructor(server: BridgeServer, events: BridgeEvents) {
    this.#server = server;
    this.#events = events;
  }

  /**
   * The body of the reply.
   *
   * @param method for example `GET`
   * @param path may have a query
   * @throws {ApiError} where the server does not run or refuses
   */
  async request(method: string, path: string, body?: object): Promise<unknown> {
    if (this.#server.state.kind === "starting") {
      await this.#server.settle();
    }
    // Whoever listens shall hear of what this request brings about.
    await this.#events.settled();
    const { state } = this.#server;
    if (state.kind !== "running") {
      throw new ApiError({ error: "Codex Bridge does not run in this window.", code: "bridge_not_running" });
    }
    let reply;
    try {
      reply = await state.bridge.request(method, path, body);
    } catch (error) {
      throw new ApiError({
        error: error instanceof Error ? error.message : String(error),
        code: "bridge_not_running",
      });
    }
    if (reply.status >= 400) {
      throw new ApiError(reply.body as ErrorBody, reply.status);
    }
    return reply.body;
  }
}

export function approvalPath(approvalId: string): string {
  return `/approvals/${encodeURIComponent(approvalId)}`;
}

export function conversationPath(conversationId: string): string {
  return `/conversations/${encodeURIComponent(conversationId)}`;
}

export function jobPath(jobId: string): string {
  return `/jobs/${encodeURIComponent(jobId)}`;
}

export function lanePath(laneId: string): string {
  return `/lanes/${encodeURIComponent(laneId)}`;
}

/** The body of a refusal. */
interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

/** Why a request was refused. */
export class ApiError extends Error implements CodexBridgeError {
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
