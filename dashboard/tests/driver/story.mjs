// Work as a dashboard would see it: conversations, an approval that waits, lanes, a webhook with a receiver.

import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { askingServer } from "../../../smoke-test/driver/codex.mjs";
import { eventually } from "../../../smoke-test/driver/eventually.mjs";

/** @import { Dashboard } from "./dashboard.mjs" */

/** Source files for questions about code. @param {string} folder */
export function writeShop(folder) {
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(
    join(folder, "src", "session.ts"),
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
    join(folder, "src", "checkout.ts"),
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

/** A receiver of webhooks that takes what it gets, until it is told to refuse. */
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
 * Starts a conversation and waits for its end.
 *
 * @param {Dashboard} dashboard
 * @param {string} message
 */
export async function finished(dashboard, message) {
  const created = await dashboard.api.send("/conversations", {
    message,
    sandbox: "workspace-write",
    approvalPolicy: "never",
  });
  await dashboard.api.endOf(created.job.jobId);
  return created;
}

/**
 * Starts a conversation that asks before it runs a command, and waits until it does.
 *
 * @param {Dashboard} dashboard
 * @param {string} message
 */
export async function asking(dashboard, message) {
  const created = await dashboard.api.send("/conversations", {
    message,
    sandbox: "workspace-write",
    approvalPolicy: "on-request",
  });
  await isAsked(dashboard, created.job.jobId);
  return created;
}

/**
 * Starts a conversation in which an MCP server asks, waits until it does, and returns the job.
 *
 * @param {Dashboard} dashboard
 * @param {object} what the parameters of `elicitation/create`
 */
export async function serverAsks(dashboard, what) {
  const { job } = await dashboard.api.send("/conversations", {
    message: `Ask\n@model call mcp__asker/ask ${JSON.stringify(what)}`,
    config: { "mcp_servers.asker": askingServer },
    approvalPolicy: "on-request",
  });
  await isAsked(dashboard, job.jobId);
  return job;
}

/** @param {Dashboard} dashboard @param {string} jobId */
async function isAsked(dashboard, jobId) {
  await eventually("Codex asks", async () => {
    const { body } = await dashboard.api.get(`/approvals?status=pending&jobId=${jobId}`);
    return body.approvals.length > 0;
  });
}
