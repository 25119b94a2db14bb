// What this browser remembers about its session. All its tabs share it, to tell a sign-out from an expired
// session.

import { bridgePath } from "../api/location";

/** `undefined`: this browser has never signed in. */
type LastSession = "signed in" | "signed out" | undefined;

const key = `codex-bridge-session ${bridgePath}`;

export function lastSession(): LastSession {
  const value = localStorage.getItem(key);
  return value === "signed in" || value === "signed out" ? value : undefined;
}

export function rememberSignIn() {
  localStorage.setItem(key, "signed in" satisfies LastSession);
}

export function rememberSignOut() {
  localStorage.setItem(key, "signed out" satisfies LastSession);
}
