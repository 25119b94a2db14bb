import { execFileSync } from "node:child_process";

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parentPid
 * @property {string} command
 */

/**
 * The Codex app-servers that run from a folder, and who started each.
 *
 * @param {string} folder
 * @returns {(Process & { startedBy: "bridge" | "panel" })[]}
 */
export function codexProcesses(folder) {
  return processes()
    .filter(({ command }) => command.startsWith(folder) && command.includes("app-server"))
    .map((process) => ({
      ...process,
      // Only the bridge gives conversations back at once.
      startedBy: process.command.includes("thread_unload_delay_secs=0") ? "bridge" : "panel",
    }));
}

/**
 * All processes whose command line mentions a folder.
 *
 * @param {string} folder
 */
export function processesMentioning(folder) {
  return processes().filter(({ command }) => command.includes(folder));
}

/** @param {number} pid */
export function isAlive(pid) {
  return processes().some((process) => process.pid === pid);
}

/** @returns {Process[]} */
function processes() {
  const table = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  return table.split("\n").flatMap((line) => {
    const [, pid, parentPid, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // A zombie has ended; only its parent has not asked for its exit code yet.
    return command === undefined || state?.startsWith("Z")
      ? []
      : [{ pid: Number(pid), parentPid: Number(parentPid), command }];
  });
}
