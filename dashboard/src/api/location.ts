// The bridge's location: this page's host, possibly below a path of another server, such as a VS Code that
// runs in a browser.

/** This file, like all files of the page, is below `<path of the bridge>dashboard/`. */
const { pathname } = new URL(import.meta.url);

/** The bridge's path. It begins and ends with `/`. */
export const bridgePath = pathname.slice(0, pathname.lastIndexOf("/dashboard/") + 1);
export const dashboardPath = `${bridgePath}dashboard`;
