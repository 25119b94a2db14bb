import assert from "node:assert/strict";

import { eventually } from "../driver/eventually.mjs";
import { codexProcesses } from "../driver/processes.mjs";
import { version } from "../driver/repository.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("Show Status shows the URL, the version, the Codex executable and the jobs", async () => {
  const { url } = window.bridge;
  await window.runCommand("Codex Bridge: Show Status");
  await window.dialog.waitFor();
  const shown = await visibleText(window.dialog);
  for (const fact of [url, `Version: ${version}`, vscode.sandbox.extensions, " running, "]) {
    assert.ok(shown.includes(fact), `${fact} is missing in: ${shown}`);
  }
  await window.page.keyboard.press("Escape");
  await window.dialog.waitFor({ state: "detached" });
});

test("Stop Server frees the port and ends Codex, and Start Server starts both again", async () => {
  const { bridge } = window;
  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the port is free", () => bridge.refusesConnections());
  await eventually("the app-server of the bridge has ended", () =>
    codexProcesses(vscode.sandbox.root).every(({ startedBy }) => startedBy !== "bridge"),
  );
  assert.equal(window.discovered(), undefined);
  await eventually(
    "the status bar shows no port",
    async () => (await visibleText(window.statusBarItem)).trim() === "Codex Bridge",
  );

  await window.runCommand("Codex Bridge: Show Status");
  await window.dialog.waitFor();
  assert.match(await visibleText(window.dialog), /stopped/);
  await window.dialog.getByRole("button", { name: "Start Server" }).click();
  await window.waitForBridge();
  assert.equal(window.bridge.url, bridge.url);

  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the port is free", () => bridge.refusesConnections());
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
  const reply = await window.bridge.send("/conversations", { message: "after the start", ensureOpen: false });
  assert.equal((await window.bridge.completed(reply.job.jobId)).result.text, "You said: after the start");
});
