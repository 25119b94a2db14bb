import * as vscode from "vscode";

import type { BridgeClient } from "./client";
import { allowedOrigins, openSettings } from "./settings";

/**
 * Opens the dashboard in the user's browser, signed in with a one-time link.
 *
 * A webview is not an option: the page in it would belong to another site, and browsers would not send its
 * `SameSite=Strict` cookie.
 */
export async function openDashboard(client: BridgeClient): Promise<void> {
  const { url } = (await client.request("POST", "/dashboard/links")) as { url: string };
  const link = vscode.Uri.parse(url);
  // If the extension runs on a remote machine, this forwards the port to the user's machine.
  const server = await vscode.env.asExternalUri(link.with({ path: "/", fragment: "" }));
  const path = server.path.endsWith("/") ? server.path : `${server.path}/`;
  const origin = `${server.scheme}://${server.authority}`;
  if (path === "/" || isAllowedOrigin(origin)) {
    await vscode.env.openExternal(server.with({ path: path + link.path.slice(1), fragment: link.fragment }));
  } else {
    await offerLink(url, origin);
  }
}

/**
 * Returns whether the user has allowed the dashboard on this origin. VS Code in a browser serves all ports of
 * its machine under paths of its own origin, so any other app on these ports could act as the signed-in
 * dashboard.
 */
function isAllowedOrigin(origin: string): boolean {
  return allowedOrigins().some(
    (allowed) => allowed.replace(/\/$/, "").toLowerCase() === origin.toLowerCase(),
  );
}

async function offerLink(url: string, origin: string): Promise<void> {
  const copy = vscode.l10n.t("Copy Link");
  const settings = vscode.l10n.t("Open Settings");
  const message = vscode.l10n.t(
    "The dashboard would share the origin {0} with every other app on this machine. Add this origin to codexBridge.allowedOrigins, or open the one-time link in a browser on the machine that runs Codex Bridge (valid for five minutes).",
    origin,
  );
  const choice = await vscode.window.showWarningMessage(message, copy, settings);
  if (choice === copy) {
    await vscode.env.clipboard.writeText(url);
  } else if (choice === settings) {
    await openSettings("codexBridge.allowedOrigins");
  }
}
