import type { StopCause } from './result.ts';

/** Longest delay a timer of Node takes; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export interface TimeLimit {
  /** Aborted when the time is up. */
  signal: AbortSignal;
  clear(): void;
}

/** Starts to count now. Null: no limit. */
export function startTimeLimit(seconds: number | null): TimeLimit {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  if (seconds !== null) {
    const end = performance.now() + seconds * 1000;
    const wait = () => {
      const leftMs = end - performance.now();
      if (leftMs <= 0) controller.abort();
      else timer = setTimeout(wait, Math.min(leftMs, longestTimerMs));
    };
    wait();
  }
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** Waits for an end, or for what asks for it before: what asks first is the cause. */
export function endOf(ended: Promise<unknown>, limit: AbortSignal, cancelled: AbortSignal): Promise<StopCause> {
  return new Promise((resolve) => {
    whenAborted(limit, () => resolve('timed_out'));
    whenAborted(cancelled, () => resolve('cancelled'));
    void ended.then(() => resolve(undefined));
  });
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}
