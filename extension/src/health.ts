import * as vscode from "vscode";

import type { Bridge } from "./addon";

/** The fields of the body of `GET /health` that this window shows. */
interface HealthBody {
  readonly version: string;
  readonly codex: {
    readonly path: string | null;
    readonly version: string | null;
    /** What is wrong and what to do. If no executable was found, it lists every searched path. */
    readonly problem: string | null;
  };
  /** Present if a NATS server is configured. */
  readonly nats?: {
    readonly state: string;
    readonly url: string;
    readonly behind: number;
    readonly lastError: string | null;
  };
  readonly status: {
    readonly url: string;
    readonly jobs: Readonly<Record<"starting" | "running" | "completed" | "failed", number>>;
  };
}

/** Describes the state of a running bridge, one fact per line. */
export async function healthText(bridge: Bridge): Promise<string> {
  const { version, codex, nats, status } = await getHealth(bridge);
  const { starting, running, completed, failed } = status.jobs;
  const facts = [
    vscode.l10n.t("URL: {0}", status.url),
    vscode.l10n.t("Version: {0}", version),
    vscode.l10n.t(
      "Jobs: {0} starting, {1} running, {2} completed, {3} failed",
      starting,
      running,
      completed,
      failed,
    ),
  ];
  if (codex.path !== null) {
    facts.push(
      vscode.l10n.t("Codex: {0}, {1}", codex.version ?? vscode.l10n.t("version not known yet"), codex.path),
    );
  }
  if (codex.problem !== null) {
    facts.push(`Codex: ${codex.problem}`);
  }
  if (nats !== undefined) {
    facts.push(vscode.l10n.t("NATS: {0}, {1}, {2} events behind", nats.state, nats.url, nats.behind));
    if (nats.lastError !== null) {
      facts.push(`NATS: ${nats.lastError}`);
    }
  }
  return facts.join("\n");
}

/** Returns why a running bridge cannot use Codex, or `null` if it has found no problem so far. */
export async function findProblem(bridge: Bridge): Promise<string | null> {
  const { codex } = await getHealth(bridge);
  return codex.problem;
}

async function getHealth(bridge: Bridge): Promise<HealthBody> {
  const body = (await bridge.health()) as (HealthBody & { ok: true }) | { ok: false; error: string };
  if (!body.ok) {
    throw new Error(body.error);
  }
  return body;
}
