import { spawn } from "node:child_process";

/** The process groups that this test run has started and that are still running. @type {Set<number>} */
const groups = new Set();

/**
 * Starts a program in its own process group. {@link endGroup} ends the whole group. If this process exits
 * first, for whatever reason, the group is killed.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function startGroup(program, args, options) {
  const child = spawn(program, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    child.on("exit", () => groups.delete(pid));
  }
  return child;
}

/**
 * Ends a process group that {@link startGroup} has started: sends SIGTERM, and SIGKILL after the time limit.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {{ withinMs: number }} limit
 */
export async function endGroup(child, { withinMs }) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const { pid } = child;
  const ended = new Promise((resolve) => child.once("exit", () => resolve(undefined)));
  signalGroup(pid, "SIGTERM");
  const kill = setTimeout(() => signalGroup(pid, "SIGKILL"), withinMs);
  await ended;
  clearTimeout(kill);
  // The leader has exited. Kill the other processes of its group, which no longer have an owner.
  signalGroup(pid, "SIGKILL");
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group no longer exists.
  }
}

process.on("exit", () => {
  for (const pid of groups) {
    signalGroup(pid, "SIGKILL");
  }
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => process.exit(1));
}
