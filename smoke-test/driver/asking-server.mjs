// An MCP server on stdin and stdout. Its only tool `ask` sends its arguments to the user as an elicitation
// and returns the answer.

import { createInterface } from "node:readline";

const tool = {
  name: "ask",
  inputSchema: { type: "object", properties: {} },
  annotations: { readOnlyHint: true },
};
/** The ids of the pending tool calls, by the ids of their elicitations. */
const pendingCalls = new Map();

/** @param {object} message */
const send = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, ...reply } = JSON.parse(line);
  if (method === "initialize") {
    send({
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "asker", version: "1" },
      },
    });
  } else if (method === "tools/list") {
    send({ id, result: { tools: [tool] } });
  } else if (method === "tools/call") {
    const elicitationId = `elicitation-${id}`;
    pendingCalls.set(elicitationId, id);
    send({ id: elicitationId, method: "elicitation/create", params: params.arguments });
  } else if (pendingCalls.has(id)) {
    send({
      id: pendingCalls.get(id),
      result: { content: [{ type: "text", text: JSON.stringify(reply.result ?? reply.error) }] },
    });
  }
}
