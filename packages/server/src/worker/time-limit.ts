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
