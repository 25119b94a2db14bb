import * as vscode from "vscode";

import type { Bridge } from "./addon";

/** The part of the body of `GET /health` that the window shows. */
interface HealthBody {
  readonly version: string;
  readonly codex: {
    readonly path: string | null;
    readonly version: string | null;
    /** What is wrong and what to do; where no executable was found, also every place that was searched. */
    readonly problem: string | null;
  };
  /** Where a server is named. */
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

/** The state of a running bridge, a fact a line. */
export async function healthText(bridge: Bridge): Promise<string> {
  const { version, codex, nats, status } = await health(bridge);
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
      vscode.l10n.t("Codex: {0}, {1}", codex.version ?? vscode.l10n.t("version not asked yet"), codex.path),
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

/** Why a running bridge could not do its work, if it has found that out. */
export async function problemOf(bridge: Bridge): Promise<string | null> {
  const { codex } = await health(bridge);
  return codex.problem;
}

async function health(bridge: Bridge): Promise<HealthBody> {
  const body = (await bridge.health()) as (HealthBody & { ok: true }) | { ok: false; error: string };
  if (!body.ok) {
    throw new Error(body.error);
  }
  return body;
}
