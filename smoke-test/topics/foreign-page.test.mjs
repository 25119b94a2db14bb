import assert from "node:assert/strict";
import { createServer } from "node:http";

import { test, vscode, window } from "../driver/shared.mjs";

test("a web page of another origin can neither read from the bridge nor make it do anything", async () => {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<title>A page from somewhere else</title>");
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
        blind: await attempt({ mode: "no-cors" }),
        reading: await fetch(`${url}/health`).then(
          (response) => response.text(),
          (error) => error.name,
        ),
      };
    }, url);
    // The blind request does arrive, which the page may not know; what counts is that nothing came of it.
    assert.deepEqual(attempts, { asJson: "TypeError", blind: "opaque", reading: "TypeError" });
    assert.equal((await window.bridge.get("/jobs")).body.jobs.length, jobsBefore);
    await page.close();
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
