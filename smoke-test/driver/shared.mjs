// All topics of a run share one VS Code and one window, because each start of VS Code takes seconds.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test as plainTest } from "node:test";

import { eventually } from "./eventually.mjs";
import { processesMentioning } from "./processes.mjs";
import { targetDirectory } from "./repository.mjs";
import { VsCode } from "./vscode.mjs";

/** The VS Code that all topics use. */
export const vscode = await VsCode.start((line) => console.error(line));

/**
 * Defines a test. If it fails, a screenshot of the window and the log of the bridge are saved.
 *
 * @param {string} name
 * @param {() => void | Promise<void>} body
 */
export function test(name, body) {
  plainTest(name, async () => {
    try {
      await body();
    } catch (error) {
      const directory = join(targetDirectory, "smoke-test");
      const file = join(directory, name.replaceAll(/[^\w]+/g, "-"));
      mkdirSync(directory, { recursive: true });
      writeFileSync(`${file}.log`, vscode.sandbox.bridgeLogs());
      // A failed screenshot must not hide the original error.
      await window.page.screenshot({ path: `${file}.png` }).catch((reason) => console.error(reason));
      console.error(`Screenshot and log of the failure: ${file}.png ${file}.log`);
      throw error;
    }
  });
}

after(async () => {
  try {
    await vscode.stop();
    // The bridge promises to leave no process behind, whatever state the topics have left it in.
    await eventually("every process of VS Code and of its extensions has ended", () => {
      const remaining = processesMentioning(vscode.sandbox.root);
      assert.deepEqual(remaining, []);
      return true;
    });
  } finally {
    vscode.sandbox.remove();
  }
});

/** The window that all topics use unless they open another one. Its bridge is serving. */
export const window = await vscode.openWindow("one").catch(async (error) => {
  // Without a window no test is registered, and the hook above would not run.
  await vscode.stop();
  vscode.sandbox.remove();
  throw error;
});
