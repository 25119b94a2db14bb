// One VS Code and one window for all topics of a run: each start of VS Code costs seconds.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test as plainTest } from "node:test";

import { eventually } from "./eventually.mjs";
import { processesMentioning } from "./processes.mjs";
import { targetFolder } from "./repository.mjs";
import { VsCode } from "./vscode.mjs";

/** The VS Code that all topics use. */
export const vscode = await VsCode.start((line) => console.error(line));

/**
 * A test whose failure leaves behind what a person needs to understand it: a picture of the window and the bridge's log.
 *
 * @param {string} name
 * @param {() => void | Promise<void>} body
 */
export function test(name, body) {
  plainTest(name, async () => {
    try {
      await body();
    } catch (error) {
      const folder = join(targetFolder, "smoke-test");
      const file = join(folder, name.replaceAll(/[^\w]+/g, "-"));
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.log`, vscode.sandbox.bridgeLogs());
      // A picture that cannot be taken must not hide the failure itself.
      await window.page.screenshot({ path: `${file}.png` }).catch((reason) => console.error(reason));
      console.error(`The window and the log at the failure: ${file}.png ${file}.log`);
      throw error;
    }
  });
}

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
