import { count } from "./format";

interface TokenUsage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

/** Describes token usage in one line. Cached tokens are part of the input tokens. */
export function tokenUsageText({ inputTokens, cachedInputTokens, outputTokens }: TokenUsage): string {
  return `${count(inputTokens)} in (${count(cachedInputTokens)} cached), ${count(outputTokens)} out`;
}
