import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("invalid settings show an error with advice, and corrected settings start the server again", async () => {
  const { bridge } = window;
  vscode.sandbox.writeMachineSettings({ ...vscode.settings, "codexBridge.host": "0.0.0.0" });
  try {
    const problem = window.notification(/could not start.*auth token/s);
    await problem.waitFor();
    await eventually("the old server has stopped", () => bridge.refusesConnections());
    assert.equal(await problem.getByRole("button", { name: "Show Log" }).count(), 1);
    await problem.getByRole("button", { name: "Open Settings" }).click();
    const settings = window.page.locator(".settings-editor", { hasText: /Codex Bridge:\s*Host/ });
    await settings.waitFor();
    // The settings editor covers the whole window and captures the keyboard.
    await eventually("the settings are closed", async () => {
      await window.page.keyboard.press("Escape");
      return settings.isHidden();
    });
  } finally {
    vscode.sandbox.writeMachineSettings(vscode.settings);
  }
  await window.waitForBridge();
  assert.equal(window.bridge.url, bridge.url);
});

test("a missing Codex executable is reported, and the server runs without it", async () => {
  const missing = join(vscode.sandbox.root, "no-such-codex");
  vscode.sandbox.writeMachineSettings({ ...vscode.settings, "codexBridge.codexPath": missing });
  try {
    await window.notification(missing).waitFor();
    await window.waitForBridge();
    const { codex } = (await window.bridge.get("/health")).body;
    assert.equal(codex.found, false);
    assert.ok(codex.problem.includes(missing), codex.problem);
  } finally {
    vscode.sandbox.writeMachineSettings(vscode.settings);
  }
  await eventually(
    "the server runs with the Codex of the ChatGPT extension again",
    async () => (await window.bridge.get("/health")).body.codex.source === "chatgptExtension",
  );
});

test("a package for another platform shows an error", async () => {
  const { bridge } = window;
  const installed = readdirSync(vscode.sandbox.extensions).find((name) => name.startsWith("codex-bridge."));
  const native = join(vscode.sandbox.extensions, String(installed), "extension", "native");
  renameSync(native, `${native}.elsewhere`);
  try {
    await window.reload();
    await window.notification(/does not support .*Install the package/s).waitFor({ timeout: 60_000 });
    assert.ok(await bridge.refusesConnections());
  } finally {
    renameSync(`${native}.elsewhere`, native);
  }
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
});
