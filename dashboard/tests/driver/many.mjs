// Creates many jobs and lanes, and ages lanes.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** @import { Dashboard } from "./dashboard.mjs" */

const copyJobs = `
import json, sqlite3, sys, uuid
database, count = sys.argv[1], int(sys.argv[2])
connection = sqlite3.connect(database, timeout=30)
columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
row = dict(zip(columns, connection.execute("SELECT * FROM jobs LIMIT 1").fetchone()))
job = json.loads(row["job"])
placeholders = ", ".join("?" for _ in columns)
for number in range(count):
    job["jobId"] = row["job_id"] = str(uuid.uuid4())
    job["message"] = f"Job number {number} of many"
    row["created_at"] -= 1000
    row["job"] = json.dumps(job)
    connection.execute(f"INSERT INTO jobs VALUES ({placeholders})", [row[column] for column in columns])
connection.commit()
`;

const ageAllLanes = `
import json, sqlite3, sys
database, milliseconds = sys.argv[1], int(sys.argv[2]) * 3600 * 1000
connection = sqlite3.connect(database, timeout=30)
connection.execute("UPDATE lanes SET updated_at = updated_at - ?", [milliseconds])
connection.commit()
`;

/**
 * Copies the first job of the database. Each copy is one second older than the one before it.
 *
 * @param {Dashboard} dashboard
 * @param {number} count
 */
export function multiplyJobs(dashboard, count) {
  inDatabase(dashboard, copyJobs, count);
}

/**
 * Moves the last update of all lanes back by this many hours.
 *
 * @param {Dashboard} dashboard
 * @param {number} hours
 */
export function ageLanes(dashboard, hours) {
  inDatabase(dashboard, ageAllLanes, hours);
}

/**
 * Runs a Python program on the database.
 *
 * @param {Dashboard} dashboard
 * @param {string} program
 * @param {number} argument
 */
function inDatabase(dashboard, program, argument) {
  execFileSync("python3", [
    "-c",
    program,
    join(dashboard.sandbox.userData, "codex-bridge.sqlite"),
    String(argument),
  ]);
}

/**
 * Creates lanes without a first prompt.
 *
 * @param {Dashboard} dashboard
 * @param {number} count
 */
export async function createLanes(dashboard, count) {
  for (let number = 0; number < count; number += 20) {
    await Promise.all(
      Array.from({ length: Math.min(20, count - number) }, (_, at) =>
        dashboard.api.send("/lanes", { laneId: `lane-${number + at}`, title: `Lane number ${number + at}` }),
      ),
    );
  }
}
