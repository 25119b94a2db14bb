// An MCP server, on stdin and stdout, whose one tool `ask` asks its user for what the tool is called with, and returns what was answered.

import { createInterface } from "node:readline";

const tool = {
  name: "ask",
  inputSchema: { type: "object", properties: {} },
  annotations: { readOnlyHint: true },
};
/** The calls that wait for their user, by the ids of what they asked. */
const waiting = new Map();

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
    const asked = `asked-${id}`;
    waiting.set(asked, id);
    send({ id: asked, method: "elicitation/create", params: params.arguments });
  } else if (waiting.has(id)) {
    send({
      id: waiting.get(id),
      result: { content: [{ type: "text", text: JSON.stringify(reply.result ?? reply.error) }] },
    });
  }
}
