// Measures the compressed size of what a browser loads for the first page: `node dashboard/size.mjs`. Fails
// if it exceeds the maximum.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** The maximum compressed size in bytes. It keeps the first visit fast over a forwarded port. */
const firstPageMax = 350 * 1024;

const distDirectory = join(import.meta.dirname, "dist");
const assets = join(distDirectory, "assets");
const names = readdirSync(assets);
const sizes = new Map(names.map((name) => [name, gzipSync(readFileSync(join(assets, name))).length]));

/**
 * Adds a file and all files that it imports to a set.
 *
 * @param {string} name
 * @param {Set<string>} found
 */
function addWithImports(name, found) {
  if (found.has(name) || !sizes.has(name)) {
    return found;
  }
  found.add(name);
  const source = readFileSync(join(assets, name), "utf8");
  for (const [, imported] of source.matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g)) {
    addWithImports(/** @type {string} */ (imported), found);
  }
  return found;
}

const index = readFileSync(join(distDirectory, "index.html"), "utf8");
const entries = [...index.matchAll(/\/assets\/([^"]+)"/g)].map(([, name]) => /** @type {string} */ (name));
const overview = names.filter((name) => /^OverviewPage-.*\.js$/.test(name));
const first = [...entries, ...overview].reduce(
  (found, name) => addWithImports(name, found),
  /** @type {Set<string>} */ (new Set()),
);
const total = (/** @type {Iterable<string>} */ some) =>
  [...some].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} kB`;

console.log(
  `first page: ${kilobytes(total(first))} compressed in ${first.size} files (maximum ${kilobytes(firstPageMax)})`,
);
console.log(`all pages:  ${kilobytes(total(sizes.keys()))} compressed in ${sizes.size} files`);
if (total(first) > firstPageMax) {
  console.error("The first page exceeds its maximum size. Load code that it does not need lazily.");
  process.exitCode = 1;
}
