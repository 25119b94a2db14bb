import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("settings that the server refuses are shown with what to do, and corrected ones start it again", async () => {
  const { bridge } = window;
  vscode.sandbox.writeMachineSettings({ ...vscode.settings, "codexBridge.host": "0.0.0.0" });
  try {
    const problem = window.notification(/could not start.*auth token/s);
    await problem.waitFor();
    await eventually("the old server is gone", () => bridge.refusesConnections());
    assert.equal(await problem.getByRole("button", { name: "Show Log" }).count(), 1);
    await problem.getByRole("button", { name: "Open Settings" }).click();
    const settings = window.page.locator(".settings-editor", { hasText: /Codex Bridge:\s*Host/ });
    await settings.waitFor();
    // They lie over the whole window and keep the keys to themselves.
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

test("a Codex that cannot be found is told, and the server serves all the same", async () => {
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

test("a package for another platform says so", async () => {
  const { bridge } = window;
  const installed = readdirSync(vscode.sandbox.extensions).find((name) => name.startsWith("codex-bridge."));
  const native = join(vscode.sandbox.extensions, String(installed), "extension", "native");
  renameSync(native, `${native}.elsewhere`);
  try {
    await window.reload();
    await window.notification(/no native part for .*Install the package/s).waitFor({ timeout: 60_000 });
    assert.ok(await bridge.refusesConnections());
  } finally {
    renameSync(`${native}.elsewhere`, native);
  }
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
});
