// What a browser loads for the first page, compressed: `node dashboard/size.mjs`. Fails above the bound.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bytes, compressed. A first visit over a forwarded port shall not be waited for. */
const firstPageMax = 350 * 1024;

const folder = join(import.meta.dirname, "dist");
const assets = join(folder, "assets");
const names = readdirSync(assets);
const sizes = new Map(names.map((name) => [name, gzipSync(readFileSync(join(assets, name))).length]));

/** The scripts and styles that a file mentions by name, and what these need before they run. @param {string} name @param {Set<string>} found */
function needs(name, found) {
  if (found.has(name) || !sizes.has(name)) {
    return found;
  }
  found.add(name);
  const text = readFileSync(join(assets, name), "utf8");
  for (const [, needed] of text.matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g)) {
    needs(/** @type {string} */ (needed), found);
  }
  return found;
}

const index = readFileSync(join(folder, "index.html"), "utf8");
const entries = [...index.matchAll(/\/assets\/([^"]+)"/g)].map(([, name]) => /** @type {string} */ (name));
const overview = names.filter((name) => /^OverviewPage-.*\.js$/.test(name));
const first = [...entries, ...overview].reduce(
  (found, name) => needs(name, found),
  /** @type {Set<string>} */ (new Set()),
);
const total = (/** @type {Iterable<string>} */ some) =>
  [...some].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} kB`;

console.log(
  `first page: ${kilobytes(total(first))} compressed in ${first.size} files, of at most ${kilobytes(firstPageMax)}`,
);
console.log(`all pages:  ${kilobytes(total(sizes.keys()))} compressed in ${sizes.size} files`);
if (total(first) > firstPageMax) {
  console.error("The first page has become too large. Load what it does not need later.");
  process.exitCode = 1;
}
