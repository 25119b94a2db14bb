// Writes extension/src/addon.d.ts from what napi-rs' macros left in target/napi-types while the addon was
// compiled (see .cargo/config.toml).

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { generateTypeDef } from "@napi-rs/cli";

const root = join(import.meta.dirname, "..");
const { dts } = await generateTypeDef({ typeDefDir: join(root, "target/napi-types"), cwd: root });
if (!dts.includes("export declare class Bridge")) {
  throw new Error(
    "target/napi-types has no types of the addon. Run `touch native/addon/src/lib.rs`, then build again.",
  );
}
writeFileSync(join(root, "extension/src/addon.d.ts"), dts);
