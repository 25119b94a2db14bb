// Measures the dashboard's performance in a browser: `npm run figures:dashboard`.

import { Dashboard } from "./driver/dashboard.mjs";
import { createLanes, multiplyJobs } from "./driver/many.mjs";
import { runConversation } from "./driver/story.mjs";

/** @import { Page } from "playwright-core" */

const dashboard = await Dashboard.start();

/** @param {string} what @param {string | number} value */
const report = (what, value) => console.log(`${what.padEnd(52)} ${value}`);
const milliseconds = (/** @type {number} */ value) => `${Math.round(value)} ms`;

/**
 * Measures the frame intervals of the page while `body` runs, and how long its main thread was blocked.
 *
 * @param {Page} page
 * @param {() => Promise<void>} body
 */
async function frames(page, body) {
  await page.evaluate(() => {
    /** @type {any} */ (window).figures = { gaps: [], blocked: 0, isRunning: true };
    const { figures } = /** @type {any} */ (window);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        figures.blocked += Math.max(0, duration - 50);
      }
    }).observe({ type: "longtask" });
    let last = performance.now();
    const frame = (/** @type {number} */ now) => {
      figures.gaps.push(now - last);
      last = now;
      if (figures.isRunning) {
        requestAnimationFrame(frame);
      }
    };
    requestAnimationFrame(frame);
  });
  await body();
  return page.evaluate(() => {
    const { figures } = /** @type {any} */ (window);
    figures.isRunning = false;
    const gaps = figures.gaps.slice(1).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
    const at = (/** @type {number} */ share) =>
      Math.round(gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))]);
    return `frames p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms; blocked ${Math.round(figures.blocked)} ms`;
  });
}

try {
  const page = await dashboard.page();
  await page.addInitScript(() => {
    const measured = { paint: 0, shift: 0, blocked: 0 };
    Object.assign(window, { measured });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        measured.paint = entry.startTime;
      }
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        measured.shift += /** @type {any} */ (entry).value;
      }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        measured.blocked += Math.max(0, duration - 50);
      }
    }).observe({ type: "longtask", buffered: true });
  });
  await runConversation(dashboard, "The first of many");
  await page.goto(`${dashboard.bridge.url}/dashboard`);
  await page.locator(".job-row").first().waitFor();
  const loading = await page.evaluate(() => {
    const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (
      performance.getEntriesByType("navigation")
    );
    const files = /** @type {PerformanceResourceTiming[]} */ (
      performance.getEntriesByType("resource")
    ).filter(({ name }) => name.includes("/dashboard/"));
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return {
      first: paint?.startTime ?? 0,
      ready: navigation?.domContentLoadedEventEnd ?? 0,
      bytes: files.reduce((sum, { transferSize }) => sum + transferSize, 0),
      files: files.length,
      .../** @type {any} */ (window).measured,
    };
  });
  report("first visit: first contentful paint", milliseconds(loading.first));
  report("first visit: largest contentful paint", milliseconds(loading.paint));
  report("first visit: total blocking time", milliseconds(loading.blocked));
  report("first visit: cumulative layout shift", loading.shift.toFixed(4));
  report("first visit: transferred", `${Math.round(loading.bytes / 1024)} kB in ${loading.files} files`);

  multiplyJobs(dashboard, 10_000);
  await createLanes(dashboard, 1000);
  await dashboard.visit(page, "/jobs");
  await page.locator(".job-row").first().waitFor();
  const scrollList = async (/** @type {string} */ list) => {
    await page.locator(list).first().hover();
    for (let step = 0; step < 120; step++) {
      await page.mouse.wheel(0, 600);
    }
  };
  report("10,000 jobs: scrolling 72,000 pixels", await frames(page, () => scrollList("main .virtual-list")));
  await dashboard.visit(page, "/lanes");
  await page.locator(".lane-card").first().waitFor();
  report("1,000 lanes: scrolling the board", await frames(page, () => scrollList("main .virtual-list")));

  await dashboard.visit(page, "/");
  const { webhook } = await dashboard.api.send("/webhooks", {
    url: "http://127.0.0.1:9/hook",
    events: ["none"],
  });
  const seconds = 5;
  const sendEvents = async () => {
    const startedAt = Date.now();
    for (let sent = 0; sent < 200 * seconds; sent += 20) {
      await Promise.all(
        Array.from({ length: 20 }, () => dashboard.api.post(`/webhooks/${webhook.id}/test`, {})),
      );
      const ahead = (sent / 200) * 1000 - (Date.now() - startedAt);
      if (ahead > 0) {
        await new Promise((resolve) => setTimeout(resolve, ahead));
      }
    }
    report("events per second", Math.round((200 * seconds * 1000) / (Date.now() - startedAt)));
  };
  report("200 events/s for 5 s, on the overview", await frames(page, sendEvents));

  const { conversationId } = await runConversation(dashboard, "Say something");
  await dashboard.visit(page, `/conversations/${conversationId}`);
  const words = Array.from({ length: 3000 }, (_, at) => `word${at}`).join(" ");
  const stream = async () => {
    const { job } = await dashboard.api.send(`/conversations/${conversationId}/messages`, {
      message: `Go\n@model stream 1500\n@model say ${words}`,
    });
    await dashboard.api.endOf(job.jobId);
    await page.getByText("word2999").last().waitFor();
  };
  report("an answer in 1,500 pieces", await frames(page, stream));
} finally {
  await dashboard.stop();
}
