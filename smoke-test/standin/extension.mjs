// A stand-in for the real ChatGPT extension, which is not available to tests. It has the same identifier,
// commands, custom editor, setting and bundled binary, and the behavior that matters to a bridge: it runs its
// own Codex app-server, and while the tab of a conversation is open, it tries to be the only process that may
// write to the conversation.

import { join } from "node:path";
import * as vscode from "vscode";

import { AppServer } from "./appServer.mjs";
import { ConversationPanel } from "./conversationPanel.mjs";
import { Journal } from "./journal.mjs";

const scheme = "openai-codex";
const conversationEditor = "chatgpt.conversationEditor";
const conversationPath = /^\/local\/(.+)$/;

/** @param {vscode.ExtensionContext} context */
export function activate(context) {
  const journal = new Journal();
  const appServer = new AppServer(
    codexExecutable(context),
    vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
  );
  context.subscriptions.push(
    { dispose: () => appServer.stop() },
    vscode.workspace.registerFileSystemProvider(scheme, new ConversationFileSystem(), { isReadonly: true }),
    vscode.window.registerCustomEditorProvider(conversationEditor, {
      openCustomDocument: (uri) => ({ uri, dispose() {} }),
      resolveCustomEditor(document, webviewPanel) {
        const conversationId = conversationPath.exec(document.uri.path)?.[1];
        if (conversationId === undefined) {
          webviewPanel.webview.html = "<p>A new conversation</p>";
        } else {
          void new ConversationPanel(conversationId, webviewPanel, appServer, journal).run();
        }
      },
    }),
    vscode.commands.registerCommand("chatgpt.newCodexPanel", newPanel),
    vscode.commands.registerCommand("chatgpt.openSidebar", newPanel),
  );
}

/** @param {vscode.ExtensionContext} context */
function codexExecutable(context) {
  const configured = vscode.workspace.getConfiguration("chatgpt").get("cliExecutable", "");
  return configured || join(context.extensionPath, "bin", bundledFor(process.platform, process.arch));
}

/**
 * Returns the path of the bundled binary for a platform, as in the real extension.
 *
 * @param {NodeJS.Platform} platform
 * @param {string} arch
 */
function bundledFor(platform, arch) {
  const os = platform === "win32" ? "windows" : platform === "darwin" ? "macos" : "linux";
  const directory = `${os}-${arch === "arm64" ? "aarch64" : "x86_64"}`;
  return join(directory, platform === "win32" ? "codex.exe" : "codex");
}

async function newPanel() {
  const uri = vscode.Uri.from({
    scheme,
    authority: "route",
    path: "/extension/panel/new",
    query: String(Date.now()),
  });
  await vscode.commands.executeCommand("vscode.openWith", uri, conversationEditor, { preview: false });
}

/**
 * Makes every conversation URI an empty file, because VS Code opens an editor only for a URI that a file
 * system provides.
 *
 * @implements {vscode.FileSystemProvider}
 */
class ConversationFileSystem {
  onDidChangeFile = new vscode.EventEmitter().event;

  stat() {
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: 0 };
  }

  readFile() {
    return new Uint8Array();
  }

  watch() {
    return new vscode.Disposable(() => {});
  }

  /** @returns {[string, vscode.FileType][]} */
  readDirectory() {
    return [];
  }

  /** @returns {never} */
  createDirectory() {
    throw vscode.FileSystemError.NoPermissions();
  }

  /** @returns {never} */
  writeFile() {
    throw vscode.FileSystemError.NoPermissions();
  }

  /** @returns {never} */
  delete() {
    throw vscode.FileSystemError.NoPermissions();
  }

  /** @returns {never} */
  rename() {
    throw vscode.FileSystemError.NoPermissions();
  }
}
