// Makes a real VS Code and a real browser available to the smoke test:
//
// - code-server, which is VS Code behind an HTTP port, and the version of Node that it wants, both from npm, in a cache
//   folder outside the checkout. code-server compiles native modules while it installs, which takes minutes, once;
// - Chromium and what that compilation needs, from the system. Missing ones are installed where this process may do so
//   (root, apt-get); otherwise the error names them.
//
// Run by the smoke test itself, or beforehand: `node smoke-test/prepare.mjs`.

import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const codeServerVersion = "4.139.1";
/** code-server refuses any other major version than the one that its VS Code is built with. */
const nodeVersion = "24.21.0";
/** An install folder that is older than this and still has its temporary name was left by a process that died. */
const abandonedAfterMs = 2 * 60 * 60 * 1000;

/**
 * @typedef {object} VsCodeInstall
 * @property {string} node path of the Node executable that runs code-server
 * @property {string} codeServer path of code-server's main script
 * @property {string} browser path of Chromium or Chrome
 */

/**
 * What this machine must have before anything can be installed.
 *
 * @typedef {object} Requirement
 * @property {string} name what a person would look for
 * @property {string} debianPackage the package that brings it on Debian and its relatives
 * @property {() => boolean} isMet
 */

/** @type {Requirement[]} */
const requirements = [
  { name: "Chromium or Chrome", debianPackage: "chromium", isMet: () => findBrowser() !== undefined },
  {
    name: "a C++ compiler and make",
    debianPackage: "build-essential",
    isMet: () => runs("c++") && runs("make"),
  },
  { name: "Python 3", debianPackage: "python3", isMet: () => runs("python3") },
  ...(process.platform === "linux" ? linuxRequirements() : []),
];

/**
 * Makes everything available, which takes minutes the first time and a fraction of a second afterwards.
 *
 * @param {(line: string) => void} report is told of each step that takes long
 * @returns {Promise<VsCodeInstall>}
 */
export async function prepare(report) {
  if (process.platform === "win32") {
    throw new Error(
      "The smoke test needs code-server, which does not run on Windows. Run it in WSL instead.",
    );
  }
  await installSystemPackages(report, requirements);
  const browser = browserOrError();
  const folder = join(
    cacheFolder(),
    `code-server-${codeServerVersion}-node-${nodeVersion}-${process.platform}-${process.arch}`,
  );
  if (!existsSync(folder)) {
    await installVsCode(folder, report);
  }
  return { ...installedIn(folder), browser };
}

/**
 * Makes a browser available, for tests that need nothing else.
 *
 * @param {(line: string) => void} report is told of each step that takes long
 * @returns {Promise<string>} path of Chromium or Chrome
 */
export async function prepareBrowser(report) {
  const wanted = ["Chromium or Chrome", "ps"];
  await installSystemPackages(
    report,
    requirements.filter(({ name }) => wanted.includes(name)),
  );
  return browserOrError();
}

/** Where downloads and builds of the tests are kept between runs. */
export function cacheFolder() {
  const named = process.env["CODEX_BRIDGE_TEST_CACHE"];
  if (named) {
    return resolve(named);
  }
  const base =
    process.platform === "darwin"
      ? join(homedir(), "Library", "Caches")
      : process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "codex-bridge-tests");
}

/** @param {string} folder */
function installedIn(folder) {
  return {
    node: join(folder, "node", "node_modules", "node", "bin", "node"),
    codeServer: join(folder, "code-server", "node_modules", "code-server", "out", "node", "entry.js"),
  };
}

/**
 * Installs into a folder with a temporary name, which gets its own name only when it works: a folder with that name is
 * always complete, whoever was interrupted, and two processes that install at the same time do not disturb each other.
 *
 * @param {string} folder
 * @param {(line: string) => void} report
 */
async function installVsCode(folder, report) {
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandonedInstalls(dirname(folder));
  const unfinished = mkdtempSync(`${folder}.unfinished-`);
  try {
    report(`Installing Node ${nodeVersion} for code-server …`);
    await npmInstall(join(unfinished, "node"), `node@${nodeVersion}`, process.env);

    report(`Installing code-server ${codeServerVersion} (compiles native modules: 2 to 4 minutes) …`);
    const { node, codeServer } = installedIn(unfinished);
    await npmInstall(join(unfinished, "code-server"), `code-server@${codeServerVersion}`, {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env["PATH"]}`,
      // The headers that the native modules are compiled with. npm would otherwise download them from nodejs.org.
      npm_config_nodedir: nodeHeaders(join(unfinished, "node", "node_modules", "node")),
    });
    await run(node, [codeServer, "--version"], { env: { ...process.env, HOME: unfinished } });

    try {
      renameSync(unfinished, folder);
    } catch (error) {
      if (!existsSync(folder)) {
        throw error;
      }
      // Another process has finished first; its install is as good as ours.
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** @param {string} cache */
function removeAbandonedInstalls(cache) {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (name.includes(".unfinished-") && Date.now() - statSync(path).mtimeMs > abandonedAfterMs) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} folder
 * @param {string} spec
 * @param {NodeJS.ProcessEnv} env
 */
async function npmInstall(folder, spec, env) {
  mkdirSync(folder, { recursive: true });
  // Without a package.json of its own, npm would install into the nearest folder above that has one.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", spec], { cwd: folder, env });
}

/**
 * The npm package `node` installs a second package for this platform inside itself, which holds the headers.
 *
 * @param {string} nodePackage
 */
function nodeHeaders(nodePackage) {
  const nested = join(nodePackage, "node_modules");
  for (const name of readdirSync(nested)) {
    if (existsSync(join(nested, name, "include", "node", "node.h"))) {
      return join(nested, name);
    }
  }
  throw new Error(`No headers of Node were found in ${nested}.`);
}

/** @param {(line: string) => void} report @param {Requirement[]} wanted */
async function installSystemPackages(report, wanted) {
  const missing = wanted.filter((requirement) => !requirement.isMet());
  if (missing.length === 0) {
    return;
  }
  const packages = missing.map((requirement) => requirement.debianPackage);
  if (process.getuid?.() !== 0 || !runs("apt-get")) {
    throw new Error(
      `The tests need ${missing.map((requirement) => requirement.name).join(", ")}. ` +
        `On Debian and its relatives: sudo apt-get install ${packages.join(" ")}`,
    );
  }
  report(`Installing system packages: ${packages.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Another package manager may be at work; the lock is worth waiting for.
  const wait = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"];
  await run("apt-get", [...wait, "update"], { env });
  await run("apt-get", [...wait, "install", "--yes", "--no-install-recommends", ...packages], { env });
}

/** @returns {Requirement[]} */
function linuxRequirements() {
  /** @param {string} name @param {string} debianPackage */
  const library = (name, debianPackage) => ({
    name: `the library ${name} with its headers`,
    debianPackage,
    isMet: () => runs("pkg-config") && succeeds("pkg-config", ["--exists", name]),
  });
  return [
    { name: "ps", debianPackage: "procps", isMet: () => runs("ps") },
    { name: "pkg-config", debianPackage: "pkg-config", isMet: () => runs("pkg-config") },
    library("krb5-gssapi", "libkrb5-dev"),
    library("libsecret-1", "libsecret-1-dev"),
    library("x11", "libx11-dev"),
    library("xkbfile", "libxkbfile-dev"),
  ];
}

function browserOrError() {
  const browser = findBrowser();
  if (browser === undefined) {
    throw new Error("No Chromium or Chrome was found. Install one, or name it in CODEX_BRIDGE_TEST_BROWSER.");
  }
  return browser;
}

function findBrowser() {
  const named = process.env["CODEX_BRIDGE_TEST_BROWSER"];
  if (named) {
    return named;
  }
  const applications =
    process.platform === "darwin"
      ? [
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
          "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ]
      : [];
  const onPath = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].flatMap((name) =>
    (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)),
  );
  return [...applications, ...onPath].find((path) => existsSync(path));
}

/** @param {string} program */
function runs(program) {
  return succeeds(program, ["--version"]);
}

/** @param {string} program @param {string[]} args */
function succeeds(program, args) {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end. What it prints is shown only when it fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
function run(program, args, options) {
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    }
    child.on("error", (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`${program} ${args.join(" ")} failed (${signal ?? code}):\n${output}`));
      }
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const install = await prepare((line) => console.log(line));
  console.log(`VS Code: ${install.codeServer}\nNode for it: ${install.node}\nBrowser: ${install.browser}`);
}
