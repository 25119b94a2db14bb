// Numbers and ids as people read them.

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

export const count = (value: number) => (Math.abs(value) < 10_000 ? whole : compact).format(value);

export function bytes(value: number): string {
  return value < 1024 * 1024 ? `${Math.round(value / 1024)} kB` : `${Math.round(value / 1024 / 1024)} MB`;
}

export function duration(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const seconds = ms / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Enough of an id to tell it from others: of time-ordered ones the end. */
export const shortId = (id: string) => (id.length > 12 ? id.slice(-8) : id);

/** The first line of a text that says something. */
export const firstLine = (text: string) =>
  text
    .split("\n", 40)
    .find((line) => line.trim() !== "")
    ?.trim() ?? "";

export const folderName = (path: string) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
