// One bridge and one browser for all tests of a topic: each start costs seconds.

import { after, test as plainTest } from "node:test";

import { Dashboard } from "./dashboard.mjs";

/**
 * A topic's tests, which share a dashboard.
 *
 * @param {{ token?: string, arguments?: string[] }} [options]
 */
export async function topic(options) {
  const dashboard = await Dashboard.start(options);
  after(() => dashboard.stop());
  return {
    dashboard,
    /**
     * A test whose failure leaves pictures behind, and which closes its pages.
     *
     * @param {string} name
     * @param {() => Promise<void>} body
     */
    test(name, body) {
      plainTest(name, async () => {
        try {
          await body();
        } catch (error) {
          await dashboard.picture(name);
          throw error;
        } finally {
          await Promise.all(dashboard.browser.contexts().map((context) => context.close()));
        }
      });
    },
  };
}
