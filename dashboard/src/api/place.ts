// Where the bridge is: at this page's host, perhaps under a path of another server, such as a VS Code that runs in a browser.

/** Files of the page are below `<path of the bridge>dashboard/`, and this is one of them. */
const { pathname } = new URL(import.meta.url);

/** Begins and ends with `/`. */
export const bridgePath = pathname.slice(0, pathname.lastIndexOf("/dashboard/") + 1);
export const dashboardPath = `${bridgePath}dashboard`;
