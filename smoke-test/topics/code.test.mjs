import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "../driver/eventually.mjs";
import { test, vscode, window } from "../driver/shared.mjs";

const folder = join(window.folder, "shop");
const prices = join(folder, "prices.ts");
const cart = join(folder, "cart.ts");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({ compilerOptions: { strict: true }, include: ["*.ts"] }),
);
// Which `total` a call means follows from types that are nowhere written: the index alone cannot know it.
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
 * The column of a word in the second line of the cart, in bytes from 1.
 *
 * @param {string} word
 */
function columnOf(word) {
  const line = readFileSync(cart, "utf8").split("\n")[1] ?? "";
  return Buffer.byteLength(line.slice(0, line.indexOf(word))) + 1;
}

/**
 * An answer about the code of a window.
 *
 * @param {string} kind
 * @param {object} params
 */
async function ask(kind, params, of = window) {
  const { status, body } = await of.bridge.post("/request", { kind, params });
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/**
 * An answer that the language server had a part in. It needs a while to start.
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

test("TypeScript's language server tells which references a method has", async () => {
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

test("TypeScript's language server tells which definition a use means", async () => {
  const answer = await askServer("explain_symbol", { symbol_name: "total", file_path: cart, line: 3 });
  assert.equal(answer.explanations.length, 1, JSON.stringify(answer));
  assert.equal(answer.explanations[0].details.qualified_name, "Weight.total");
  assert.equal(answer.explanations[0].file_path, prices);
});

test("TypeScript's language server tells who calls what", async () => {
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

test("an edit that is not saved is found, until it is undone", async () => {
  const isKnown = async () => (await ask("explain_symbol", { symbol_name: "refundWithoutSaving" })).found;
  assert.equal(await isKnown(), false);
  await window.openFile("cart.ts");
  await eventually("the text is typed", async () => {
    const editor = window.page.locator(".editor-instance .view-lines").first();
    await editor.click({ timeout: 1000 });
    await window.page.keyboard.insertText("\nexport function refundWithoutSaving() {}\n");
    return editor.getByText("refundWithoutSaving").first().isVisible();
  });
  await eventually("the edit is found", isKnown);
  const search = await ask("semantic_search", { query: "refundWithoutSaving" });
  assert.equal(search.snippets[0].file_path, cart, JSON.stringify(search));
  const file = await askServer("explain_file", { file_path: cart });
  assert.ok(
    file.symbols.some((/** @type {any} */ symbol) => symbol.name === "refundWithoutSaving"),
    JSON.stringify(file),
  );
  assert.ok(!readFileSync(cart, "utf8").includes("refundWithoutSaving"), "it is not saved");
  await window.runCommand("File: Revert File");
  await eventually("the edit is forgotten", async () => !(await isKnown()));
});

test("a window follows its folders, and shows that their code is read", async () => {
  const folder = vscode.sandbox.workspace("alone");
  const beside = vscode.sandbox.workspace("beside");
  const functions = Array.from(
    { length: 1500 },
    (_, index) => `export function f${index}(a: number) { return a; }\n`,
  );
  for (let file = 0; file < 50; file++) {
    writeFileSync(join(beside, `large${file}.ts`), functions.join(""));
  }
  writeFileSync(join(beside, "beside.ts"), "export function inTheFolderBeside() {}\n");
  const workspace = join(vscode.sandbox.root, "alone.code-workspace");
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: folder }] }));
  const second = await vscode.openWorkspace(workspace, folder);
  const { pid } = second.discovered() ?? {};
  const isKnown = async () =>
    (await ask("explain_symbol", { symbol_name: "inTheFolderBeside" }, second)).found;
  assert.equal(await isKnown(), false);
  const shown = second.page
    .locator(".statusbar-item", { hasText: "reading code" })
    .waitFor({ timeout: 60_000 });
  await second.runCommand("Neighbour: Add or Remove the Folder Beside");
  await eventually("the added folder is known", isKnown, { withinMs: 120_000 });
  await shown;
  await second.runCommand("Neighbour: Add or Remove the Folder Beside");
  await eventually("the removed folder is forgotten", async () => !(await isKnown()));
  assert.equal(second.discovered()?.pid, pid, "one bridge has seen it all");
  await second.close();
});
