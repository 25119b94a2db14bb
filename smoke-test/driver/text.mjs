/** @import { Locator } from "playwright-core" */

/**
 * Returns the text of an element as the user sees it.
 *
 * @param {Locator} locator
 */
export function visibleText(locator) {
  // biome-ignore lint/performance/useDomNodeTextContent: Playwright; tests check the rendered text
  return locator.innerText();
}
