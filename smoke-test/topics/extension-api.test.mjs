import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("another extension starts a job, follows it, answers its approval and gets its result", async () => {
  await window.runCommand("Neighbor: Use Codex Bridge");
  const file = vscode.sandbox.neighborReport;
  await eventually("the other extension has reported", () => existsSync(file), { withinMs: 60_000 });
  const report = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(report.apiVersion, 1);
  assert.equal(report.url, window.bridge.url);

  const { jobId } = report.first;
  assert.equal(report.first.status, "completed", JSON.stringify(report.first));
  assert.equal(report.first.result.text, "done");
  assert.ok(existsSync(join(window.folder, "made-for-the-neighbor")));
  const [approval] = (await window.bridge.get(`/jobs/${jobId}/approvals`)).body.approvals;
  assert.deepEqual([approval.status, approval.note], ["approved", "by the neighbor"]);
  assert.deepEqual(
    (await window.bridge.get(`/jobs/${jobId}`)).body.job,
    report.first,
    "the extension API and the HTTP API return the same job",
  );
  assert.equal(report.second.result.text, "You said: and now?");
  assert.equal(report.second.conversationId, report.first.conversationId);

  const changes = report.changes.filter((/** @type {any} */ change) => change.jobId === jobId);
  assert.ok(
    changes.some((/** @type {any} */ change) => change.isWaiting),
    JSON.stringify(changes),
  );
  assert.equal(changes.at(-1).status, "completed");

  assert.equal(report.heldStatus, "running");
  assert.equal(report.cancelled.failure.code, "cancelled");
  await vscode.model.release("neighbor");

  const { requestId, ...refused } = report.refused;
  assert.match(refused.message, /^cwd: /);
  assert.ok(requestId);
  assert.deepEqual(
    { ...refused, message: "" },
    {
      name: "CodexBridgeError",
      message: "",
      code: "validation_error",
      status: 400,
      details: { field: "cwd" },
    },
  );
  assert.deepEqual(report.pending, []);
  assert.equal(report.listed.jobs.length, 1);
});
