import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root directory of the checkout. */
export const repository = resolve(fileURLToPath(import.meta.url), "..", "..", "..");

/** The version of the extension. @type {string} */
export const version = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")).version;

/** Cargo's target directory. */
export const targetDirectory = resolve(repository, process.env["CARGO_TARGET_DIR"] ?? "target");
