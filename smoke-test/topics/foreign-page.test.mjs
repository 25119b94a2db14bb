import assert from "node:assert/strict";
import { createServer } from "node:http";

import { test, vscode, window } from "../driver/shared.mjs";

test("a web page of another origin can neither read from the bridge nor start anything", async () => {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<title>A page of another origin</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  try {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const page = await vscode.openPage(`http://localhost:${port}/`);
    const jobsBefore = (await window.bridge.get("/jobs")).body.jobs.length;

    const { url } = window.bridge;
    const attempts = await page.evaluate(async (url) => {
      const body = JSON.stringify({ message: "drive-by" });
      /** @param {RequestInit} init */
      const attempt = (init) =>
        fetch(`${url}/conversations`, { method: "POST", body, ...init }).then(
          (response) => response.type,
          (error) => error.name,
        );
      return {
        asJson: await attempt({ headers: { "Content-Type": "application/json" } }),
        noCors: await attempt({ mode: "no-cors" }),
        reading: await fetch(`${url}/health`).then(
          (response) => response.text(),
          (error) => error.name,
        ),
      };
    }, url);
    // The no-cors request does reach the bridge, but its response is opaque to the page. It must not have
    // started a job.
    assert.deepEqual(attempts, { asJson: "TypeError", noCors: "opaque", reading: "TypeError" });
    assert.equal((await window.bridge.get("/jobs")).body.jobs.length, jobsBefore);
    await page.close();
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
