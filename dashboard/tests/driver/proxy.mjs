import { createServer, request } from "node:http";

/**
 * A server that forwards requests below a path to a bridge, as a VS Code in a browser does with the ports of
 * its machine.
 */
export class PrefixProxy {
  /** The path of the bridge. It begins and ends with `/`. */
  prefix = "/proxy/8765/";
  /** The URL of the bridge. @type {string | undefined} */
  target;
  #server = createServer((incoming, outgoing) => {
    if (this.target === undefined || !incoming.url?.startsWith(this.prefix)) {
      outgoing.writeHead(404).end();
      return;
    }
    // The headers stay as the browser sent them, including Host.
    const { method, headers } = incoming;
    const address = new URL(incoming.url.slice(this.prefix.length - 1), this.target);
    const forwarded = request(address, { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
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
