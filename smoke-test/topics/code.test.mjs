import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

const shop = join(window.folder, "shop");
const prices = join(shop, "prices.ts");
const cart = join(shop, "cart.ts");
mkdirSync(shop, { recursive: true });
writeFileSync(
  join(shop, "tsconfig.json"),
  JSON.stringify({ compilerOptions: { strict: true }, include: ["*.ts"] }),
);
// Which `total` a call refers to depends on inferred types, so the index alone cannot know it.
writeFileSync(
  prices,
  [
    "class Price { total(): number { return 1; } }",
    "class Weight { total(): number { return 2; } }",
    "export function scales() { return { price: () => new Price(), weight: () => new Weight() }; }",
    "",
  ].join("\n"),
);
writeFileSync(
  cart,
  [
    'import { scales } from "./prices";',
    "export function checkout(): number { /* 𝄞 */ return scales().price().total(); }",
    "export function weigh(): number { return scales().weight().total(); }",
    "",
  ].join("\n"),
);

/**
 * Returns the column of a word in the second line of the cart, in bytes from 1.
 *
 * @param {string} word
 */
function columnOf(word) {
  const line = readFileSync(cart, "utf8").split("\n")[1] ?? "";
  return Buffer.byteLength(line.slice(0, line.indexOf(word))) + 1;
}

/**
 * Asks a question about the code of a window and returns the answer.
 *
 * @param {string} kind
 * @param {object} params
 */
async function ask(kind, params, target = window) {
  const { status, body } = await target.bridge.post("/request", { kind, params });
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/**
 * Asks a question until the language server contributes to the answer. The server takes a while to start.
 *
 * @param {string} kind
 * @param {object} params
 */
async function askServer(kind, params) {
  return eventually(
    `the language server answers ${kind}`,
    async () => {
      const answer = await ask(kind, params);
      return answer.source === "language-server" ? answer : undefined;
    },
    { withinMs: 60_000 },
  );
}

test("the TypeScript language server finds the references to a method", async () => {
  const answer = await askServer("find_references", { symbol_name: "total", file_path: prices, line: 1 });
  assert.deepEqual(
    answer.references.map((/** @type {any} */ { text, ...reference }) => reference),
    [
      {
        file_path: cart,
        line: 2,
        column: columnOf("total"),
        role: "call",
        enclosing_symbol: "checkout",
        confidence: 1,
        source: "language-server",
      },
    ],
    JSON.stringify(answer),
  );
});

test("the TypeScript language server finds the definition of a use", async () => {
  const answer = await askServer("explain_symbol", { symbol_name: "total", file_path: cart, line: 3 });
  assert.equal(answer.explanations.length, 1, JSON.stringify(answer));
  assert.equal(answer.explanations[0].details.qualified_name, "Weight.total");
  assert.equal(answer.explanations[0].file_path, prices);
});

test("the TypeScript language server finds callers and callees", async () => {
  const answer = await askServer("get_call_graph", { symbol_name: "total", file_path: prices, line: 2 });
  assert.deepEqual(answer.callers, ["weigh"], JSON.stringify(answer));
  const { edges } = await askServer("get_call_graph", { symbol_name: "checkout" });
  const known = edges.filter((/** @type {any} */ edge) => edge.source === "language-server");
  assert.deepEqual(
    known
      .map((/** @type {any} */ edge) => [edge.caller, edge.callee, edge.column, edge.callee_definition])
      .sort(),
    [
      [`${cart}:checkout`, "scales", columnOf("scales"), `${prices}:3`],
      [`${cart}:checkout`, "total", columnOf("total"), `${prices}:1`],
    ],
    JSON.stringify(edges),
  );
});

test("an unsaved edit is found until it is reverted", async () => {
  const isFound = async () => (await ask("explain_symbol", { symbol_name: "refundWithoutSaving" })).found;
  assert.equal(await isFound(), false);
  await window.openFile("cart.ts");
  await eventually("the text is typed", async () => {
    const editor = window.page.locator(".editor-instance .view-lines").first();
    await editor.click({ timeout: 1000 });
    await window.page.keyboard.insertText("\nexport function refundWithoutSaving() {}\n");
    return editor.getByText("refundWithoutSaving").first().isVisible();
  });
  await eventually("the edit is found", isFound);
  const search = await ask("semantic_search", { query: "refundWithoutSaving" });
  assert.equal(search.snippets[0].file_path, cart, JSON.stringify(search));
  const file = await askServer("explain_file", { file_path: cart });
  assert.ok(
    file.symbols.some((/** @type {any} */ symbol) => symbol.name === "refundWithoutSaving"),
    JSON.stringify(file),
  );
  assert.ok(!readFileSync(cart, "utf8").includes("refundWithoutSaving"), "the file on disk is unchanged");
  await window.runCommand("File: Revert File");
  await eventually("the edit is no longer found", async () => !(await isFound()));
});

test("a window indexes added folders, shows the progress, and forgets removed folders", async () => {
  const folder = vscode.sandbox.workspace("alone");
  const sibling = vscode.sandbox.workspace("sibling");
  const functions = Array.from(
    { length: 1500 },
    (_, index) => `export function f${index}(a: number) { return a; }\n`,
  );
  for (let file = 0; file < 50; file++) {
    writeFileSync(join(sibling, `large${file}.ts`), functions.join(""));
  }
  writeFileSync(join(sibling, "sibling.ts"), "export function inTheSiblingFolder() {}\n");
  const workspace = join(vscode.sandbox.root, "alone.code-workspace");
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: folder }] }));
  const second = await vscode.openWorkspace(workspace, folder);
  const { pid } = second.discovered() ?? {};
  const isFound = async () =>
    (await ask("explain_symbol", { symbol_name: "inTheSiblingFolder" }, second)).found;
  assert.equal(await isFound(), false);
  const progressShown = second.page
    .locator(".statusbar-item", { hasText: "indexing code" })
    .waitFor({ timeout: 60_000 });
  await second.runCommand("Neighbor: Toggle the Sibling Folder");
  await eventually("the added folder is indexed", isFound, { withinMs: 120_000 });
  await progressShown;
  await second.runCommand("Neighbor: Toggle the Sibling Folder");
  await eventually("the removed folder is no longer indexed", async () => !(await isFound()));
  assert.equal(second.discovered()?.pid, pid, "the bridge was not restarted");
  await second.close();
});
