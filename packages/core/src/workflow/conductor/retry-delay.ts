import type { RetryPolicy } from '../definition.ts';

/** Seconds before a retry.
 *  @param retry its number, 1 for the first. */
export function retryDelay({ delay, backoff, max_delay }: RetryPolicy, retry: number): number {
  const factor = { constant: 1, linear: retry, exponential: 2 ** (retry - 1) }[backoff];
  return Math.min(delay * factor, max_delay ?? longestDelay, longestDelay);
}

/** A year: an exponential backoff without a cap passes any number within a hundred retries. */
const longestDelay = 31_536_000;
