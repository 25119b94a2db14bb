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
  await vscode.env.openExternal(server.with({ path: joined(server.path, link.path), fragment: link.fragment }));
}

function joined(base: string, path: string): string {
  return base.replace(/\/$/u, "") + path;
}
