import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is neither undefined nor false, and returns it.
 *  @param pauseMs between two questions. @throws Error naming `what` after `limitMs`. */
export async function until(what, ask, { pauseMs = 10, limitMs = 600_000 } = {}) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1_000} s in vain until ${what}`);
    await pause(pauseMs);
  }
}

/** Runs `work` for 0 to `count - 1`, `lanes` at a time. */
export async function inLanes(count, lanes, work) {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}
