import assert from "node:assert/strict";

/** @typedef {{ status: number, body: any }} Reply */

/** Longer than any reply may take. A missing reply fails the test instead of blocking it. */
const replyTimeoutMs = 60_000;

/** A client of the bridge's HTTP API, like any other program. */
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
   * Waits until a job has ended and returns it.
   *
   * @param {string} jobId
   */
  async endOf(jobId) {
    const { status, body } = await this.get(`/jobs/${jobId}?waitMs=30000`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(
      body.job.status === "completed" || body.job.status === "failed",
      `the job did not end within 30 s: ${JSON.stringify(body.job)}`,
    );
    return body.job;
  }

  /**
   * Waits until a job has ended and returns it. Fails unless the job has completed.
   *
   * @param {string} jobId
   */
  async completed(jobId) {
    const job = await this.endOf(jobId);
    assert.equal(job.status, "completed", JSON.stringify(job));
    return job;
  }

  /** Returns whether a healthy bridge is listening on the port. */
  async isServing() {
    try {
      return (await this.get("/health")).status === 200;
    } catch {
      return false;
    }
  }

  /** Returns whether nothing is listening on the port. */
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
      signal: AbortSignal.timeout(replyTimeoutMs),
    });
    return { status: response.status, body: await response.json() };
  }
}
