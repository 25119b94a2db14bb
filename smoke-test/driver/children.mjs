import { spawn } from "node:child_process";

/** Process groups that this test run has started and that have not been ended yet. @type {Set<number>} */
const groups = new Set();

/**
 * Starts a program in a process group of its own, which {@link endGroup} ends as a whole. If this process ends first,
 * however that comes, the group is killed.
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
 * Ends a group that {@link startGroup} has started: asks first, kills after a while.
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
  // The leader has ended; whatever of its group has not is in nobody's hands any more.
  signalGroup(pid, "SIGKILL");
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

process.on("exit", () => groups.forEach((pid) => signalGroup(pid, "SIGKILL")));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => process.exit(1));
}
