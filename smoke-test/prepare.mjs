// Installs a real VS Code and a real browser for the smoke test:
//
// - code-server, which is VS Code behind an HTTP port, and the Node version that it requires. Both come from
//   npm and are installed in a cache directory outside the checkout. The installation of code-server compiles
//   native modules once, which takes minutes.
// - Chromium and the build dependencies of code-server, from the system. If this process may install packages
//   (root with apt-get), missing ones are installed. Otherwise the error message names them.
//
// The smoke test runs this itself. To run it beforehand: `node smoke-test/prepare.mjs`.

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
/** code-server requires the major version of Node that its VS Code is built with. */
const nodeVersion = "24.21.0";
/** The age after which an installation with a temporary name counts as left behind by a process that died. */
const abandonedAfterMs = 2 * 60 * 60 * 1000;

/**
 * @typedef {object} VsCodeInstall
 * @property {string} node the path of the Node executable that runs code-server
 * @property {string} codeServer the path of code-server's main script
 * @property {string} browser the path of Chromium or Chrome
 */

/**
 * A program or library that this machine must provide before anything can be installed.
 *
 * @typedef {object} Requirement
 * @property {string} name the name under which a user would look for it
 * @property {string} debianPackage the package that contains it on Debian and its derivatives
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
 * Installs everything that is missing. The first run takes minutes, later runs a fraction of a second.
 *
 * @param {(line: string) => void} report called for each step that takes long
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
  const directory = join(
    cacheDirectory(),
    `code-server-${codeServerVersion}-node-${nodeVersion}-${process.platform}-${process.arch}`,
  );
  if (!existsSync(directory)) {
    await installVsCode(directory, report);
  }
  return { ...installedIn(directory), browser };
}

/**
 * Installs a browser if it is missing, for tests that need nothing else.
 *
 * @param {(line: string) => void} report called for each step that takes long
 * @returns {Promise<string>} the path of Chromium or Chrome
 */
export async function prepareBrowser(report) {
  const names = ["Chromium or Chrome", "ps"];
  await installSystemPackages(
    report,
    requirements.filter(({ name }) => names.includes(name)),
  );
  return browserOrError();
}

/** Returns the directory in which downloads and builds of the tests are kept between runs. */
export function cacheDirectory() {
  const configured = process.env["CODEX_BRIDGE_TEST_CACHE"];
  if (configured) {
    return resolve(configured);
  }
  const base =
    process.platform === "darwin"
      ? join(homedir(), "Library", "Caches")
      : process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "codex-bridge-tests");
}

/** @param {string} directory */
function installedIn(directory) {
  return {
    node: join(directory, "node", "node_modules", "node", "bin", "node"),
    codeServer: join(directory, "code-server", "node_modules", "code-server", "out", "node", "entry.js"),
  };
}

/**
 * Installs into a directory with a temporary name and renames it after the installation works. A directory
 * with the final name is therefore always complete, even after an interruption, and two concurrent
 * installations do not interfere.
 *
 * @param {string} directory
 * @param {(line: string) => void} report
 */
async function installVsCode(directory, report) {
  mkdirSync(dirname(directory), { recursive: true });
  removeAbandonedInstalls(dirname(directory));
  const unfinished = mkdtempSync(`${directory}.unfinished-`);
  try {
    report(`Installing Node ${nodeVersion} for code-server …`);
    await npmInstall(join(unfinished, "node"), `node@${nodeVersion}`, process.env);

    report(`Installing code-server ${codeServerVersion} (compiles native modules: 2 to 4 minutes) …`);
    const { node, codeServer } = installedIn(unfinished);
    await npmInstall(join(unfinished, "code-server"), `code-server@${codeServerVersion}`, {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env["PATH"]}`,
      // The Node headers for compiling the native modules. Otherwise npm would download them from nodejs.org.
      npm_config_nodedir: nodeHeaders(join(unfinished, "node", "node_modules", "node")),
    });
    await run(node, [codeServer, "--version"], { env: { ...process.env, HOME: unfinished } });

    try {
      renameSync(unfinished, directory);
    } catch (error) {
      if (!existsSync(directory)) {
        throw error;
      }
      // Another process finished first. Use its installation.
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
 * @param {string} directory
 * @param {string} spec
 * @param {NodeJS.ProcessEnv} env
 */
async function npmInstall(directory, spec, env) {
  mkdirSync(directory, { recursive: true });
  // Without a package.json, npm would install into the nearest parent directory that has one.
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", spec], { cwd: directory, env });
}

/**
 * Returns the directory of the Node headers. They are in a platform-specific package that the npm package
 * `node` installs inside itself.
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
  throw new Error(`Node headers not found in ${nested}.`);
}

/** @param {(line: string) => void} report @param {Requirement[]} required */
async function installSystemPackages(report, required) {
  const missing = required.filter((requirement) => !requirement.isMet());
  if (missing.length === 0) {
    return;
  }
  const packages = missing.map((requirement) => requirement.debianPackage);
  if (process.getuid?.() !== 0 || !runs("apt-get")) {
    throw new Error(
      `The tests need ${missing.map((requirement) => requirement.name).join(", ")}. ` +
        `On Debian and its derivatives: sudo apt-get install ${packages.join(" ")}`,
    );
  }
  report(`Installing system packages: ${packages.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Wait for the lock, because another package manager may be running.
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
    throw new Error(
      "Chromium or Chrome was not found. Install one, or set CODEX_BRIDGE_TEST_BROWSER to its path.",
    );
  }
  return browser;
}

function findBrowser() {
  const configured = process.env["CODEX_BRIDGE_TEST_BROWSER"];
  if (configured) {
    return configured;
  }
  const applications =
    process.platform === "darwin"
      ? [
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
          "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ]
      : [];
  const onPath = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].flatMap((name) =>
    (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, name)),
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
 * Runs a program until it exits. Its output is shown only if it fails.
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
    child.on("error", (error) => reject(new Error(`Cannot run ${program}: ${error.message}`)));
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
