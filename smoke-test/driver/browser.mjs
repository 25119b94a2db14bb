import { chromium } from "playwright-core";

/**
 * Keeps the browser off the network. On a machine without network access its requests would only time out.
 */
const browserArguments = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a headless browser.
 *
 * @param {string} executable the path of Chromium or Chrome
 */
export async function launchBrowser(executable) {
  return chromium.launch({
    executablePath: executable,
    args: browserArguments,
    // Chromium's sandbox does not work as root, and containers run the tests as root.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}
