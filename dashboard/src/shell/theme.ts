// The color theme: the system's, unless the user chose one.

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "codex-bridge-theme";

export function chosenTheme(): Theme {
  return themes.find((theme) => theme === localStorage.getItem(key)) ?? "system";
}

export function applyTheme(theme: Theme) {
  document.documentElement.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme) {
  localStorage.setItem(key, theme);
  applyTheme(theme);
}
