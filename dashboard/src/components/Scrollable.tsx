// Content that scrolls by itself. It can be focused so that it can be scrolled with the keyboard as well.

import type { ReactNode } from "react";

interface ScrollableProps {
  /** The accessible name. */
  label: string;
  className?: string;
  children: ReactNode;
}

/** Renders a scrollable landmark. Its label must be unique on the page. */
export function ScrollRegion({ label, className, children }: ScrollableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus, a keyboard cannot scroll the region.
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** Renders a scrollable block that may appear many times on a page, and is therefore no landmark. */
export function ScrollBlock({ label, className, children }: ScrollableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus, a keyboard cannot scroll the block.
    <figure className={`scroll-block ${className ?? ""}`} tabIndex={0} aria-label={label}>
      {children}
    </figure>
  );
}

/** Renders preformatted text, such as a command or its output. */
export function CodeBlock({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ScrollBlock className="terminal" label={label}>
      <pre>{children}</pre>
    </ScrollBlock>
  );
}
