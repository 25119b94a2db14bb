export interface RetryOptions {
  attempts: number;
  delayMs: number;
}

/** Fetches JSON, and tries again with growing pauses when the server is not available. */
export async function fetchWithRetry<T>(url: string, options: RetryOptions): Promise<T> {
  let delay = options.delayMs;
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url);
    if (response.ok) return (await response.json()) as T;
    if (attempt >= options.attempts || response.status < 500) throw new HttpError(response.status);
    await new Promise((resolve) => setTimeout(resolve, delay));
    delay *= 2;
  }
}

export class HttpError extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}
