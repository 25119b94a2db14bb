import assert from "node:assert/strict";

/** @typedef {{ status: number, body: any }} Reply */

/** Longer than any reply may take, so that a reply that never comes fails the test instead of blocking it. */
const replyWithinMs = 60_000;

/** A client of the bridge's HTTP API, as any other program would be. */
export class BridgeClient {
  #headers;

  /** @param {string} url @param {Record<string, string>} [headers] sent with every request */
  constructor(url, headers = {}) {
    this.url = url;
    this.#headers = headers;
  }

  /** @param {string} path @returns {Promise<Reply>} */
  async get(path) {
    return this.#fetch(path, {});
  }

  /** @param {string} path @param {object} body @returns {Promise<Reply>} */
  async post(path, body) {
    return this.#fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** @param {string} path @returns {Promise<Reply>} */
  async delete(path) {
    return this.#fetch(path, { method: "DELETE" });
  }

  /**
   * Sends a message and returns the reply's body.
   *
   * @param {string} path
   * @param {object} body
   */
  async send(path, body) {
    const reply = await this.post(path, body);
    assert.equal(reply.status, 200, `POST ${path}: ${JSON.stringify(reply.body)}`);
    assert.equal(reply.body.ok, true);
    return reply.body;
  }

  /**
   * The job at its end.
   *
   * @param {string} jobId
   */
  async endOf(jobId) {
    const { status, body } = await this.get(`/jobs/${jobId}?waitMs=30000`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(
      body.job.status === "completed" || body.job.status === "failed",
      `the job has not ended within 30 s: ${JSON.stringify(body.job)}`,
    );
    return body.job;
  }

  /**
   * The job, which must have been completed.
   *
   * @param {string} jobId
   */
  async completed(jobId) {
    const job = await this.endOf(jobId);
    assert.equal(job.status, "completed", JSON.stringify(job));
    return job;
  }

  /** Whether something listens on the port and is a bridge in good health. */
  async isServing() {
    try {
      return (await this.get("/health")).status === 200;
    } catch {
      return false;
    }
  }

  /** Whether nothing listens on the port. */
  async refusesConnections() {
    try {
      await this.get("/health");
      return false;
    } catch (error) {
      return (
        error instanceof Error && /** @type {NodeJS.ErrnoException} */ (error.cause)?.code === "ECONNREFUSED"
      );
    }
  }

  /** @param {string} path @param {RequestInit} init @returns {Promise<Reply>} */
  async #fetch(path, init) {
    const headers = { ...this.#headers, ...init.headers };
    const response = await fetch(this.url + path, {
      ...init,
      headers,
      signal: AbortSignal.timeout(replyWithinMs),
    });
    return { status: response.status, body: await response.json() };
  }
}
