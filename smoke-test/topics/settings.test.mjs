import assert from "node:assert/strict";
import { watch } from "node:fs";

import { BridgeClient } from "../driver/bridge.mjs";
import { eventually } from "../driver/eventually.mjs";
import { freePort } from "../driver/sandbox.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

test("a change of settings restarts the server once", async () => {
  const old = window.discovered();
  assert.ok(old);
  /** Discovery files that appeared since. Each start of a bridge makes one of a new name. @type {Set<string>} */
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

    // Back again. A superfluous restart after the first change would have shown by the end of this one.
    vscode.sandbox.writeMachineSettings(vscode.settings);
    await window.waitForBridge(({ url }) => url === old.url);
    assert.equal(started.size, 2, [...started].join(" "));
  } finally {
    watcher.close();
    vscode.sandbox.writeMachineSettings(vscode.settings);
  }
});

test("a workspace can change none of the settings", async () => {
  const before = window.discovered();
  assert.ok(before);
  const { port, marker } = { port: await freePort(), marker: "from-the-workspace" };
  vscode.sandbox.writeWorkspaceSettings(window.folder, {
    "codexBridge.port": port,
    "codexBridge.authToken": "known to the workspace",
    "codexBridge.codexPath": "/bin/false",
    "chatgpt.cliExecutable": "/bin/false",
    "window.title": marker,
  });
  await eventually("VS Code has read the settings of the workspace", async () =>
    (await window.page.title()).includes(marker),
  );
  assert.ok(await new BridgeClient(`http://127.0.0.1:${port}`).refusesConnections());
  const { status, body } = await window.bridge.get("/health");
  assert.equal(status, 200);
  assert.equal(body.codex.source, "chatgptExtension");
  assert.equal(window.discovered()?.file, before.file);
});
