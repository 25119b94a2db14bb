import * as vscode from "vscode";

import type { BridgeClient } from "./client";

/**
 * Opens the dashboard in the person's browser, signed in by a link that works once.
 *
 * Not in a webview: there the page would be one of another site, to which browsers send no `SameSite=Strict` cookie.
 */
export async function openDashboard(client: BridgeClient): Promise<void> {
  const { url } = (await client.request("POST", "/dashboard/links")) as { url: string };
  const link = vscode.Uri.parse(url);
  // Where the extension runs on another machine, this forwards the port to the person's own.
  const server = await vscode.env.asExternalUri(link.with({ path: "/", fragment: "" }));
  if (server.path === "/" || server.path === "") {
    await vscode.env.openExternal(server.with({ path: link.path, fragment: link.fragment }));
  } else {
    await offerLink(url, server);
  }
}

/** A VS Code in a browser may stand before all ports of its machine, each under a path of its own address. */
async function offerLink(url: string, server: vscode.Uri): Promise<void> {
  const copy = vscode.l10n.t("Copy Link");
  const message = vscode.l10n.t(
    "The dashboard cannot be shown under a path of another address ({0}). Open its link in a browser on the machine that Codex Bridge runs on, or on one to which its port is forwarded. The link works once, within five minutes.",
    server.toString(),
  );
  if ((await vscode.window.showWarningMessage(message, copy)) === copy) {
    await vscode.env.clipboard.writeText(url);
  }
}
