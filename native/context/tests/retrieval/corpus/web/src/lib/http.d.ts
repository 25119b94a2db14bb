export interface RetryOptions { attempts: number; delayMs: number }
export function fetchWithRetry<T>(url: string, options: RetryOptions): Promise<T>;
export class HttpError extends Error { readonly status: number }
