const pollEveryMs = 50;

/**
 * Waits until something is so, instead of for a time in which it probably will be.
 *
 * @template T
 * @param {string} what completes "waited in vain until …"
 * @param {() => T | Promise<T>} probe a truthy result ends the waiting; an exception counts as "not yet"
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
      throw new Error(`Waited ${withinMs} ms in vain until ${what}. Last: ${String(last)}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
  }
}
