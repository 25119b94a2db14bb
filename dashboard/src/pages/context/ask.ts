// Questions about the code. The protocol has a shape of its own: a refusal says so in its body.

import { ApiError, call } from "../../api/client";

export type Answer = Record<string, unknown>;

export async function ask(
  kind: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Answer> {
  const reply = await call("POST /request", { body: { kind, params }, signal });
  if (!reply.success) {
    throw new ApiError(422, reply.error_code ?? "unknown", reply.error);
  }
  return reply.data;
}
