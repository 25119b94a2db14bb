// One VS Code and one window for all topics of a run: each start of VS Code costs seconds.

import assert from "node:assert/strict";
import { after } from "node:test";

import { eventually } from "./eventually.mjs";
import { processesMentioning } from "./processes.mjs";
import { VsCode } from "./vscode.mjs";

/** The VS Code that all topics use. */
export const vscode = await VsCode.start((line) => console.error(line));

after(async () => {
  try {
    await vscode.stop();
    // The bridge's own promise, checked on whatever the topics have left it in: nothing stays behind.
    await eventually("every process of VS Code and of its extensions has ended", () => {
      const left = processesMentioning(vscode.sandbox.root);
      assert.deepEqual(left, []);
      return true;
    });
  } finally {
    vscode.sandbox.remove();
  }
});

/** The window that all topics use, unless they open one of their own. Its bridge serves. */
export const window = await vscode.openWindow("one").catch(async (error) => {
  // Without a window no test is registered, so the hook above would come too late.
  await vscode.stop();
  vscode.sandbox.remove();
  throw error;
});
