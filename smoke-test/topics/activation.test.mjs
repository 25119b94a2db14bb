import assert from "node:assert/strict";
import { statSync } from "node:fs";

import { eventually } from "../driver/eventually.mjs";
import { isAlive } from "../driver/processes.mjs";
import { test, vscode, window } from "../driver/shared.mjs";
import { visibleText } from "../driver/text.mjs";

test("the server starts with the window, on the configured port", async () => {
  const url = `http://127.0.0.1:${vscode.settings["codexBridge.port"]}`;
  assert.equal(window.bridge.url, url);

  const { status, body } = await window.bridge.get("/health");
  assert.equal(status, 200);
  assert.equal(body.ok, true);
  assert.equal(body.status.running, true);
  assert.equal(body.status.url, url);
});

test("the log reports how long the activation took", async () => {
  const figures = await eventually("the log contains both durations", () => {
    const found = vscode.sandbox.bridgeLogs().match(/(activated|native addon loaded) in [\d.]+ ms/g);
    return found !== null && found.length >= 2 ? found : undefined;
  });
  console.log(figures.join(", "));
});

test("the status bar shows the port", async () => {
  await eventually("the status bar shows the port", async () =>
    (await visibleText(window.statusBarItem)).includes(String(vscode.settings["codexBridge.port"])),
  );
});

test("the discovery directory has an entry for the bridge of the folder, readable only by this user", () => {
  const entry = window.discovered();
  assert.ok(entry);
  assert.deepEqual(entry.workspaceFolders, [window.folder]);
  assert.ok(isAlive(entry.pid));
  assert.equal(statSync(entry.file).mode & 0o777, 0o600);
});

test("Codex is found inside the ChatGPT extension", async () => {
  const codex = await eventually("Codex has been searched for", async () => {
    const { codex } = (await window.bridge.get("/health")).body;
    return codex.found || codex.problem ? codex : undefined;
  });
  assert.equal(codex.source, "chatgptExtension");
  assert.ok(codex.path.startsWith(vscode.sandbox.extensions), codex.path);
});
