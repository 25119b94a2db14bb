import { execFile } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { prepare } from "../prepare.mjs";
import { launchBrowser } from "./browser.mjs";
import { endGroup, startGroup } from "./children.mjs";
import { npmCodexBinary } from "./codex.mjs";
import { eventually } from "./eventually.mjs";
import { ScriptedModel } from "./model.mjs";
import { repository } from "./repository.mjs";
import { freePort, Sandbox } from "./sandbox.mjs";
import { Window } from "./window.mjs";

const runToEnd = promisify(execFile);

/**
 * A real VS Code with the packaged extension, the stand-in for the ChatGPT extension, a scripted model behind
 * Codex, and a browser that shows it.
 */
export class VsCode {
  #server;
  #browser;
  #url;

  /**
   * @param {object} parts
   * @param {Sandbox} parts.sandbox
   * @param {ScriptedModel} parts.model
   * @param {import("node:child_process").ChildProcess} parts.server
   * @param {import("playwright-core").Browser} parts.browser
   * @param {string} parts.url
   * @param {Record<string, unknown>} parts.settings
   */
  constructor({ sandbox, model, server, browser, url, settings }) {
    this.sandbox = sandbox;
    this.model = model;
    this.settings = settings;
    this.#server = server;
    this.#browser = browser;
    this.#url = url;
  }

  /** @param {(line: string) => void} report */
  static async start(report) {
    const install = await prepare(report);
    const sandbox = new Sandbox();
    /** Cleanup steps for everything started so far, latest first. @type {(() => unknown)[]} */
    const cleanup = [() => sandbox.remove()];
    try {
      const model = await ScriptedModel.start();
      cleanup.unshift(() => model.stop());
      sandbox.configureCodex(model.url);
      const settings = { "codexBridge.port": await freePort() };
      sandbox.writeMachineSettings(settings);
      sandbox.writeUserSettings({
        "telemetry.telemetryLevel": "off",
        "workbench.startupEditor": "none",
        // VS Code in a browser saves automatically by default, unlike on a desktop.
        "files.autoSave": "off",
      });
      await installExtensions(install, sandbox);

      const port = await freePort();
      const server = startGroup(
        install.node,
        [
          install.codeServer,
          ...directoryArguments(sandbox),
          ...["--auth", "none", "--bind-addr", `127.0.0.1:${port}`],
          ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"],
          "--disable-getting-started-override",
        ],
        { cwd: sandbox.home, env: sandbox.environment, stdio: "ignore" },
      );
      cleanup.unshift(() => endGroup(server, { withinMs: 5000 }));
      const browser = await launchBrowser(install.browser);
      cleanup.unshift(() => browser.close());
      const url = `http://127.0.0.1:${port}`;
      await eventually("code-server responds", async () => (await fetch(`${url}/healthz`)).ok, {
        withinMs: 30_000,
      });
      return new VsCode({ sandbox, model, server, browser, url, settings });
    } catch (error) {
      for (const step of cleanup) {
        await step();
      }
      throw error;
    }
  }

  /**
   * Opens a folder in a new window and waits until its bridge is serving.
   *
   * @param {string} name the name of the workspace folder
   */
  async openWindow(name) {
    const folder = this.sandbox.workspace(name);
    return this.#open(`folder=${encodeURIComponent(folder)}`, folder);
  }

  /**
   * Opens a multi-root workspace in a new window and waits until its bridge is serving.
   *
   * @param {string} file the workspace file
   * @param {string} folder one of its folders, which identifies the bridge in the discovery directory
   */
  async openWorkspace(file, folder) {
    return this.#open(`workspace=${encodeURIComponent(file)}`, folder);
  }

  /** @param {string} query @param {string} folder */
  async #open(query, folder) {
    const page = await this.openPage(`${this.#url}/?${query}`);
    const window = new Window(page, folder, this.sandbox);
    await window.waitForBridge();
    return window;
  }

  /**
   * Opens a page in a browser context of its own, without the cookies and storage of other pages.
   *
   * @param {string} url
   */
  async openPage(url) {
    const page = await this.#browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(url);
    return page;
  }

  /** Ends all processes. The sandbox remains for inspection until {@link Sandbox.remove}. */
  async stop() {
    await this.#browser.close();
    await endGroup(this.#server, { withinMs: 5000 });
    await this.model.stop();
  }
}

/** @param {Sandbox} sandbox */
function directoryArguments(sandbox) {
  return ["--user-data-dir", sandbox.userData, "--extensions-dir", sandbox.extensions];
}

/**
 * @param {import("../prepare.mjs").VsCodeInstall} install
 * @param {Sandbox} sandbox
 */
async function installExtensions(install, sandbox) {
  const otherExtensions = await Promise.all(
    ["standin", "neighbor"].map((name) => packageExtension(name, sandbox)),
  );
  const extension = join(repository, "dist", `codex-bridge-${process.platform}-${process.arch}.vsix`);
  await runToEnd(
    install.node,
    [
      install.codeServer,
      ...directoryArguments(sandbox),
      ...[extension, ...otherExtensions].flatMap((file) => ["--install-extension", file]),
    ],
    { cwd: sandbox.home, env: sandbox.environment },
  );
  bundleCodex(sandbox);
}

/**
 * Packages one of the test extensions in this directory.
 *
 * @param {string} name the name of its directory
 * @param {Sandbox} sandbox
 */
async function packageExtension(name, sandbox) {
  const file = join(sandbox.root, `${name}.vsix`);
  const vsce = join(repository, "node_modules", "@vscode", "vsce", "vsce");
  const packageArguments = [
    "package",
    "--no-dependencies",
    "--allow-missing-repository",
    "--skip-license",
    "--out",
    file,
  ];
  await runToEnd(process.execPath, [vsce, ...packageArguments], {
    cwd: join(repository, "smoke-test", name),
  });
  return file;
}

/**
 * Puts the real Codex binary where the real ChatGPT extension contains it. This happens after the
 * installation, because creating and installing a package of 300 MB takes long.
 *
 * @param {Sandbox} sandbox
 */
function bundleCodex(sandbox) {
  const extension = readdirSync(sandbox.extensions).find((name) => name.startsWith("openai.chatgpt-"));
  if (extension === undefined) {
    throw new Error(`The stand-in is not installed in ${sandbox.extensions}.`);
  }
  const os = process.platform === "darwin" ? "macos" : "linux";
  const directory = join(
    sandbox.extensions,
    extension,
    "bin",
    `${os}-${process.arch === "arm64" ? "aarch64" : "x86_64"}`,
  );
  mkdirSync(directory, { recursive: true });
  const binary = npmCodexBinary();
  try {
    linkSync(binary, join(directory, "codex"));
  } catch {
    // The directories are on different file systems.
    copyFileSync(binary, join(directory, "codex"));
  }
}
