// A client for the bridge's HTTP API, typed by its OpenAPI description.

import { bridgePath } from "./location";
import type { Operations } from "./schemas";

/** A method and a path, such as `"GET /jobs"`. */
export type Operation = keyof Operations;
export type Reply<O extends Operation> = Operations[O]["reply"];
export type Query<O extends Operation> = Operations[O]["query"];
export type Body<O extends Operation> = Operations[O]["body"];

/** The parameters of a request. */
export interface Request<O extends Operation> {
  path?: Operations[O]["path"];
  query?: Operations[O]["query"];
  body?: Operations[O]["body"];
  signal?: AbortSignal;
}

/**
 * The bridge rejected a request or could not be reached. `message` is the bridge's own, and says what to do.
 */
export class ApiError extends Error {
  /** The HTTP status; 0 if nothing responded. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(status: number, code: string, message: string, requestId?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** Calls the bridge. Rejects with an {@link ApiError}, or with the signal's abort reason. */
export async function call<O extends Operation>(operation: O, request: Request<O> = {}): Promise<Reply<O>> {
  const [method = "GET", template = "/"] = operation.split(" ");
  const init: RequestInit = { method, credentials: "same-origin", signal: request.signal ?? null };
  if (request.body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(request.body);
  }
  const response = await send(pathOf(template, request.path ?? {}, request.query ?? {}), init);
  if (!response.ok) {
    throw await errorOf(response);
  }
  return (await response.json()) as Reply<O>;
}

/** Sends a request to a path of the API. Rejects with an {@link ApiError} of status 0 if nothing responds. */
export async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(bridgePath + path.slice(1), init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new ApiError(
      0,
      "unreachable",
      `The bridge did not respond (${String(error)}). Check that it is running.`,
    );
  }
}

/** Returns the error that an unsuccessful response describes. */
export async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error, code, error_code, requestId } = await response.json();
    return new ApiError(response.status, code ?? error_code ?? "unknown", String(error), requestId);
  } catch {
    return new ApiError(
      response.status,
      "unreadable",
      `The bridge replied ${response.status} without an explanation. Its log may say more.`,
    );
  }
}

function pathOf(template: string, path: object, query: object): string {
  let result = template;
  for (const [name, value] of Object.entries(path)) {
    result = result.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== "" && value !== null,
  );
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search === "" ? result : `${result}?${search}`;
}
