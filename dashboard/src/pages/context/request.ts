// Requests to the code context. Their protocol reports an error in the body of a successful response.

import { ApiError, call } from "../../api/client";

export type ContextReply = Record<string, unknown>;

/** Sends a code-context request. Rejects with an {@link ApiError} if it fails. */
export async function requestContext(
  kind: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ContextReply> {
  const reply = await call("POST /request", { body: { kind, params }, signal });
  if (!reply.success) {
    throw new ApiError(422, reply.error_code ?? "unknown", reply.error);
  }
  return reply.data;
}

/**
 * Returns the last part of a qualified name such as `Outer.inner` or `Outer::inner`, by which requests name a
 * symbol.
 */
export const bareName = (name: string) => (name.split(/\.|::/).at(-1) ?? name).trim();
