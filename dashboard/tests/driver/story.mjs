// Scenarios for the dashboard: source files, conversations, pending approvals, and a webhook receiver.

import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { askingServer } from "../../../smoke-test/driver/codex.mjs";
import { eventually } from "../../../smoke-test/driver/eventually.mjs";

/** @import { Dashboard } from "./dashboard.mjs" */

/** Writes source files for code search. @param {string} directory */
export function writeShop(directory) {
  mkdirSync(join(directory, "src"), { recursive: true });
  writeFileSync(
    join(directory, "src", "session.ts"),
    [
      "/** Signs a customer in; an empty password is refused. */",
      "export function logIn(name: string, password: string): Session {",
      '  if (password === "") {',
      '    throw new Error("a password is needed");',
      "  }",
      "  return refreshSession({ name, expiresAt: 0 });",
      "}",
      "",
      "/** Gives a session another hour. */",
      "export function refreshSession(session: Session): Session {",
      "  return { ...session, expiresAt: Date.now() + 3_600_000 };",
      "}",
      "",
      "export interface Session {",
      "  name: string;",
      "  expiresAt: number;",
      "}",
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(directory, "src", "checkout.ts"),
    [
      'import { refreshSession, type Session } from "./session";',
      "",
      "export function checkOut(session: Session) {",
      "  return refreshSession(session);",
      "}",
      "",
    ].join("\n"),
  );
}

/** A webhook receiver. It replies with `status`. */
export class Receiver {
  /** @type {unknown[]} */
  received = [];
  status = 200;
  #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => (body += text));
    request.on("end", () => {
      this.received.push(JSON.parse(body));
      response.writeHead(this.status).end();
    });
  });

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${port}/hook`;
    return this.url;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/**
 * Starts a conversation and waits until its job has ended.
 *
 * @param {Dashboard} dashboard
 * @param {string} message
 */
export async function runConversation(dashboard, message) {
  const created = await dashboard.api.send("/conversations", {
    message,
    sandbox: "workspace-write",
    approvalPolicy: "never",
  });
  await dashboard.api.endOf(created.job.jobId);
  return created;
}

/**
 * Starts a conversation that asks for approval of a command, and waits for the approval.
 *
 * @param {Dashboard} dashboard
 * @param {string} message
 */
export async function requestApproval(dashboard, message) {
  const created = await dashboard.api.send("/conversations", {
    message,
    sandbox: "workspace-write",
    approvalPolicy: "on-request",
  });
  await approvalIsPending(dashboard, created.job.jobId);
  return created;
}

/**
 * Starts a conversation in which an MCP server asks the user, waits for the approval, and returns the job.
 *
 * @param {Dashboard} dashboard
 * @param {object} parameters those of `elicitation/create`
 */
export async function requestElicitation(dashboard, parameters) {
  const { job } = await dashboard.api.send("/conversations", {
    message: `Ask\n@model call mcp__asker/ask ${JSON.stringify(parameters)}`,
    config: { "mcp_servers.asker": askingServer },
    approvalPolicy: "on-request",
  });
  await approvalIsPending(dashboard, job.jobId);
  return job;
}

/** Waits until a job has a pending approval. @param {Dashboard} dashboard @param {string} jobId */
async function approvalIsPending(dashboard, jobId) {
  await eventually("an approval is pending", async () => {
    const { body } = await dashboard.api.get(`/approvals?status=pending&jobId=${jobId}`);
    return body.approvals.length > 0;
  });
}
