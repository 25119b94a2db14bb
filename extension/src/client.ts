import type { CodexBridgeError } from "../api";
import type { BridgeReply } from "./addon";
import type { BridgeServer } from "./bridge";
import type { BridgeEvents } from "./events";
import { errorMessage } from "./format";

/** Sends requests to the routes of the HTTP API in-process, without a connection. */
export class BridgeClient {
  readonly #server: BridgeServer;
  readonly #events: BridgeEvents;

  constructor(server: BridgeServer, events: BridgeEvents) {
    this.#server = server;
    this.#events = events;
  }

  /**
   * Sends a request and returns the body of the reply.
   *
   * @param method for example `GET`
   * @param path may contain a query
   * @throws {ApiError} if the server is not running, or if it refuses the request
   */
  async request(method: string, path: string, body?: object): Promise<unknown> {
    if (this.#server.state.kind === "starting") {
      await this.#server.reconcile();
    }
    // Listeners must receive the events that this request causes.
    await this.#events.whenReconciled();
    const { state } = this.#server;
    if (state.kind !== "running") {
      throw new ApiError({
        error: "Codex Bridge is not running in this window.",
        code: "bridge_not_running",
      });
    }
    let reply: BridgeReply;
    try {
      reply = await state.bridge.request(method, path, body);
    } catch (error) {
      throw new ApiError({
        error: errorMessage(error),
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

/** The body of an error reply. */
interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

/** The error of a request that the server refused or could not receive. */
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
