import { createServer, request } from "node:http";

/** A server that passes what is below a path on to a bridge, as a VS Code in a browser does with all ports of its machine. */
export class PrefixProxy {
  /** Below which the bridge is; begins and ends with `/`. */
  prefix = "/proxy/8765/";
  /** Where requests go. @type {string | undefined} */
  target;
  #server = createServer((incoming, outgoing) => {
    if (this.target === undefined || !incoming.url?.startsWith(this.prefix)) {
      outgoing.writeHead(404).end();
      return;
    }
    // The headers stay as the browser sent them, Host with them.
    const { method, headers } = incoming;
    const address = new URL(incoming.url.slice(this.prefix.length - 1), this.target);
    const passedOn = request(address, { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    passedOn.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passedOn.destroy());
    incoming.pipe(passedOn);
  });

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.origin = `http://127.0.0.1:${port}`;
    return this.origin;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
