// Stands in for the real ChatGPT extension, which cannot be had for tests. It has the same identifier, commands, custom
// editor, setting and bundled binary, and it does what matters to a bridge: it runs a Codex app-server of its own, and
// as long as the tab of a conversation is open, it wants to be the one process that may write it.

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
    vscode.workspace.registerFileSystemProvider(scheme, new ConversationAddresses(), { isReadonly: true }),
    vscode.window.registerCustomEditorProvider(conversationEditor, {
      openCustomDocument: (uri) => ({ uri, dispose() {} }),
      resolveCustomEditor(document, webviewPanel) {
        const conversationId = conversationPath.exec(document.uri.path)?.[1];
        if (conversationId === undefined) {
          webviewPanel.webview.html = "<p>A new conversation</p>";
        } else {
          void new ConversationPanel(conversationId, webviewPanel, appServer, journal).live();
        }
      },
    }),
    vscode.commands.registerCommand("chatgpt.newCodexPanel", newPanel),
    vscode.commands.registerCommand("chatgpt.openSidebar", newPanel),
  );
}

/** @param {vscode.ExtensionContext} context */
function codexExecutable(context) {
  const named = vscode.workspace.getConfiguration("chatgpt").get("cliExecutable", "");
  return named || join(context.extensionPath, "bin", bundledFor(process.platform, process.arch));
}

/**
 * Where the real extension keeps the binary for a platform.
 *
 * @param {NodeJS.Platform} platform
 * @param {string} arch
 */
function bundledFor(platform, arch) {
  const os = platform === "win32" ? "windows" : platform === "darwin" ? "macos" : "linux";
  const folder = `${os}-${arch === "arm64" ? "aarch64" : "x86_64"}`;
  return join(folder, platform === "win32" ? "codex.exe" : "codex");
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
 * VS Code opens an editor only for an address that a file system knows. Every address of a conversation is an empty file.
 *
 * @implements {vscode.FileSystemProvider}
 */
class ConversationAddresses {
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
