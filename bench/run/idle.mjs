import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from './clock.mjs';

/** How long `warmUp` lasts by default, in milliseconds. */
const warmUpMs = 10_000;

/** Takes samples for a while, one right after the other, and forgets them: what is measured on an idle system are services that have run for
 *  some time. In the first seconds of a process its JavaScript is still being compiled, on the processors that are measured. */
export async function warmUp(bench, sample, ms = warmUpMs) {
  const warmAt = monotonicMs() + bench.sized(ms);
  while (monotonicMs() < warmAt) await sample();
}

/** Passes between two samples: long enough that all is idle again, and never in step with anything. */
export const idleGap = () => pause(3 + Math.random() * 10);
