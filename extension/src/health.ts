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
    `URL: ${status.url}`,
    `Version: ${version}`,
    `Jobs: ${starting} starting, ${running} running, ${completed} completed, ${failed} failed`,
  ];
  if (codex.path !== null) {
    facts.push(`Codex: ${codex.version ?? "version not asked yet"}, ${codex.path}`);
  }
  if (codex.problem !== null) {
    facts.push(`Codex: ${codex.problem}`);
  }
  if (nats !== undefined) {
    facts.push(`NATS: ${nats.state}, ${nats.url}, ${nats.behind} events behind`);
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
