// All tests of a topic share one bridge and one browser, because starting them takes seconds.

import { after, test as plainTest } from "node:test";

import { Dashboard } from "./dashboard.mjs";

/**
 * Starts the dashboard of a topic.
 *
 * @param {{ token?: string, arguments?: string[] }} [options]
 */
export async function topic(options) {
  const dashboard = await Dashboard.start(options);
  after(() => dashboard.stop());
  return {
    dashboard,
    /**
     * Defines a test. It takes screenshots if the test fails, and closes the pages of the test.
     *
     * @param {string} name
     * @param {() => Promise<void>} body
     */
    test(name, body) {
      plainTest(name, async () => {
        try {
          await body();
        } catch (error) {
          await dashboard.takeScreenshots(name);
          throw error;
        } finally {
          await Promise.all(dashboard.browser.contexts().map((context) => context.close()));
        }
      });
    },
  };
}
