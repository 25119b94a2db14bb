import { chromium } from "playwright-core";

/** The browser must not try to reach the network: on a machine without one it would only wait. */
const browserArguments = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a browser without a window.
 *
 * @param {string} executable path of Chromium or Chrome
 */
export async function launchBrowser(executable) {
  return chromium.launch({
    executablePath: executable,
    args: browserArguments,
    // Chromium's own sandbox does not work for root, as whom containers run their tests.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}
