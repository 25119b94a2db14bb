// Formats numbers, ids and paths for display.

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const integer = new Intl.NumberFormat("en");

export const count = (value: number) => (Math.abs(value) < 10_000 ? integer : compact).format(value);

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

/** Shortens an id to its last characters, which differ even between time-ordered ids. */
export const shortId = (id: string) => (id.length > 12 ? id.slice(-8) : id);

/** Returns the first line that is not blank. */
export const firstLine = (text: string) =>
  text
    .split("\n", 40)
    .find((line) => line.trim() !== "")
    ?.trim() ?? "";

export const directoryName = (path: string) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
