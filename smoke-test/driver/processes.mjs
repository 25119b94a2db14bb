import { execFileSync } from "node:child_process";

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parentPid
 * @property {string} command
 */

/**
 * Returns the running Codex app-servers whose executable is in a directory, and which program started each
 * one.
 *
 * @param {string} directory
 * @returns {(Process & { startedBy: "bridge" | "panel" })[]}
 */
export function codexProcesses(directory) {
  return processes()
    .filter(({ command }) => command.startsWith(directory) && command.includes("app-server"))
    .map((process) => ({
      ...process,
      // Only the bridge starts app-servers that release conversations immediately.
      startedBy: process.command.includes("thread_unload_delay_secs=0") ? "bridge" : "panel",
    }));
}

/**
 * Returns all processes whose command line contains a directory.
 *
 * @param {string} directory
 */
export function processesMentioning(directory) {
  return processes().filter(({ command }) => command.includes(directory));
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
    // A zombie has exited. Its parent has not read the exit code yet.
    return command === undefined || state?.startsWith("Z")
      ? []
      : [{ pid: Number(pid), parentPid: Number(parentPid), command }];
  });
}
