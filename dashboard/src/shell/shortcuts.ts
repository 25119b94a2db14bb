// Keyboard shortcuts of every page: Ctrl+K or Cmd+K opens the command menu, `/` focuses the search field or
// opens the command menu, and `g` followed by a letter opens a page.

import { useEffect, useRef } from "react";

import { type PageLink, pages } from "./pages";

/** The maximum time between `g` and the letter. */
const sequenceMs = 1500;

export function useShortcuts(actions: { openMenu: () => void; goTo: (to: PageLink["to"]) => void }) {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    let leaderAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.openMenu();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return;
      }
      const page =
        Date.now() - leaderAt < sequenceMs ? pages.find(({ key }) => key === event.key) : undefined;
      leaderAt = event.key === "g" ? Date.now() : 0;
      if (page !== undefined) {
        event.preventDefault();
        latest.current.goTo(page.to);
      } else if (event.key === "/") {
        event.preventDefault();
        const search = document.querySelector<HTMLInputElement>("main input[type=search]");
        search ? search.focus() : latest.current.openMenu();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}
