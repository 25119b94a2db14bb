import * as vscode from "vscode";

import type { BridgeClient } from "./client";
import { allowedOrigins, openSettings } from "./settings";

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
  const path = server.path.endsWith("/") ? server.path : `${server.path}/`;
  const origin = `${server.scheme}://${server.authority}`;
  if (path === "/" || mayPassRequestsOn(origin)) {
    await vscode.env.openExternal(server.with({ path: path + link.path.slice(1), fragment: link.fragment }));
  } else {
    await offerLink(url, origin);
  }
}

/**
 * Whether the person has allowed it. A VS Code in a browser stands before all ports of its machine, each under a path of its own
 * address, and so whatever else is there could act in the name of a dashboard that is signed in.
 */
function mayPassRequestsOn(origin: string): boolean {
  return allowedOrigins().some((one) => one.replace(/\/$/, "").toLowerCase() === origin.toLowerCase());
}

async function offerLink(url: string, origin: string): Promise<void> {
  const copy = vscode.l10n.t("Copy Link");
  const settings = vscode.l10n.t("Open Settings");
  const message = vscode.l10n.t(
    "Here the dashboard would be under a path of {0}, as are all ports of this machine. To open it there, add that address to codexBridge.allowedOrigins. Or open its link in a browser on the machine that Codex Bridge runs on, or on one to which its port is forwarded. The link works once, within five minutes.",
    origin,
  );
  const choice = await vscode.window.showWarningMessage(message, copy, settings);
  if (choice === copy) {
    await vscode.env.clipboard.writeText(url);
  } else if (choice === settings) {
    await openSettings("codexBridge.allowedOrigins");
  }
}
