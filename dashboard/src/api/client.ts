// The bridge's HTTP API, with the types of its description.

import { bridgePath } from "./place";
import type { Operations } from "./schemas";

/** `"GET /jobs"` and its like. */
export type Operation = keyof Operations;
export type Reply<O extends Operation> = Operations[O]["reply"];
export type Query<O extends Operation> = Operations[O]["query"];
export type Body<O extends Operation> = Operations[O]["body"];

/** What a request takes beside its operation. */
export interface Request<O extends Operation> {
  path?: Operations[O]["path"];
  query?: Operations[O]["query"];
  body?: Operations[O]["body"];
  signal?: AbortSignal;
}

/** The bridge refused, or there is no bridge. `message` is the bridge's own and says what to do. */
export class ApiError extends Error {
  /** HTTP status; 0 where nothing answered. */
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

/** Calls the bridge. Rejects with an {@link ApiError}, or with the reason of the signal. */
export async function call<O extends Operation>(operation: O, request: Request<O> = {}): Promise<Reply<O>> {
  const [method = "GET", template = "/"] = operation.split(" ");
  const init: RequestInit = { method, credentials: "same-origin", signal: request.signal ?? null };
  if (request.body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(request.body);
  }
  const response = await reach(address(template, request.path ?? {}, request.query ?? {}), init);
  if (!response.ok) {
    throw await refusal(response);
  }
  return (await response.json()) as Reply<O>;
}

/** The reply to a request for this path of the API, or an error that says that nobody is there. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(bridgePath + path.slice(1), init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new ApiError(0, "unreachable", `The bridge does not answer (${String(error)}). Is it running?`);
  }
}

/** What the bridge says of a request that it refuses. */
export async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error, code, error_code, requestId } = await response.json();
    return new ApiError(response.status, code ?? error_code ?? "unknown", String(error), requestId);
  } catch {
    return new ApiError(
      response.status,
      "unreadable",
      `The bridge replied ${response.status} without an explanation.`,
    );
  }
}

function address(template: string, path: object, query: object): string {
  let text = template;
  for (const [name, value] of Object.entries(path)) {
    text = text.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== "" && value !== null,
  );
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search === "" ? text : `${text}?${search}`;
}
