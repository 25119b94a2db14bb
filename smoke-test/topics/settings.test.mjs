import assert from "node:assert/strict";
import { watch } from "node:fs";

import { BridgeClient } from "../driver/bridge.mjs";
import { eventually } from "../driver/eventually.mjs";
import { freePort } from "../driver/sandbox.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("a change of settings restarts the server once", async () => {
  const old = window.discovered();
  assert.ok(old);
  /** New discovery files. Each start of a bridge creates one with a new name. @type {Set<string>} */
  const started = new Set();
  const watcher = watch(vscode.sandbox.discovery, (_event, name) => {
    if (name?.endsWith(".json") && !old.file.endsWith(name)) {
      started.add(name);
    }
  });
  try {
    const port = await freePort();
    vscode.sandbox.writeMachineSettings({ "codexBridge.port": port, "codexBridge.requestTimeoutMs": 60_000 });
    await window.waitForBridge(({ url }) => url === `http://127.0.0.1:${port}`);
    assert.ok(await new BridgeClient(old.url).refusesConnections());

    // Restore the settings. An unnecessary restart after the first change would be visible by the end of this
    // restart.
    vscode.sandbox.writeMachineSettings(vscode.settings);
    await window.waitForBridge(({ url }) => url === old.url);
    assert.equal(started.size, 2, [...started].join(" "));
  } finally {
    watcher.close();
    vscode.sandbox.writeMachineSettings(vscode.settings);
  }
});

test("the dashboard opens through the origin of VS Code if that origin is allowed", async () => {
  const { file } = window.discovered() ?? {};
  const { origin } = new URL(window.page.url());
  /** The bridge that allows the origin. @type {{ file: string } | undefined} */
  let allowed;
  vscode.sandbox.writeMachineSettings({ ...vscode.settings, "codexBridge.allowedOrigins": [origin] });
  try {
    allowed = await window.waitForBridge((bridge) => bridge.file !== file);
    const opened = window.page.context().waitForEvent("page");
    await window.runCommand("Codex Bridge: Open Dashboard");
    const page = await opened;
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    assert.equal(page.url(), `${origin}/proxy/${new URL(window.bridge.url).port}/dashboard/`);
    await page.close();
  } finally {
    vscode.sandbox.writeMachineSettings(vscode.settings);
    await window.waitForBridge((bridge) => bridge.file !== allowed?.file);
  }
});

test("a workspace cannot change any of the settings", async () => {
  const { bridge } = window;
  const marker = "from-the-workspace";
  vscode.sandbox.writeWorkspaceSettings(window.folder, {
    "codexBridge.port": await freePort(),
    "codexBridge.authToken": "known to the workspace",
    "codexBridge.codexPath": "/bin/false",
    "chatgpt.cliExecutable": "/bin/false",
    "window.title": marker,
  });
  await eventually("VS Code has read the settings of the workspace", async () =>
    (await window.page.title()).includes(marker),
  );
  // A restart would apply the settings of the workspace if they were effective.
  await window.runCommand("Codex Bridge: Stop Server");
  await eventually("the server has stopped", () => bridge.refusesConnections());
  await window.runCommand("Codex Bridge: Start Server");
  await window.waitForBridge();
  assert.equal(window.bridge.url, bridge.url);
  const codex = await eventually("Codex has been searched for", async () => {
    const { codex } = (await bridge.get("/health")).body;
    return codex.found || codex.problem ? codex : undefined;
  });
  assert.equal(codex.source, "chatgptExtension");
});
