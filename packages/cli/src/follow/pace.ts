import { setTimeout as pause } from 'node:timers/promises';

/** Waits between two looks at the server: first 50 ms, then half as long again each time, up to a second. */
export interface Pace {
  /** Resolves after the next pause; rejects with the signal's reason when it is aborted. */
  next(): Promise<void>;
  /** Something happened: look often again. */
  reset(): void;
}

const firstMs = 50;
const longestMs = 1_000;

export function paced(signal: AbortSignal): Pace {
  let ms = firstMs;
  return {
    async next() {
      await pause(ms, undefined, { signal });
      ms = Math.min(ms * 1.5, longestMs);
    },
    reset() {
      ms = firstMs;
    },
  };
}
