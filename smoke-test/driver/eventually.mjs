const pollEveryMs = 50;

/**
 * Waits until a condition holds, instead of sleeping for a fixed time.
 *
 * @template T
 * @param {string} what the condition, which completes "Timed out waiting until …"
 * @param {() => T | Promise<T>} probe a truthy result ends the wait; an exception counts as "not yet"
 * @param {{ withinMs?: number }} [options]
 * @returns {Promise<NonNullable<T>>} the truthy result
 */
export async function eventually(what, probe, { withinMs = 15_000 } = {}) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    let last;
    try {
      last = await probe();
      if (last) {
        return last;
      }
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Timed out after ${withinMs} ms waiting until ${what}. Last result: ${String(last)}`, {
        cause: last,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
  }
}
