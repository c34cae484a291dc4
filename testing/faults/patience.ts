import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds without any progress after which nothing is waited for any more: a lease of 20 s has to run out in it, on a machine that
 *  has much else to do. */
export const patienceMs = 60_000;

const lookMs = 100;

/** Waits as long as there is progress.
 *  @param look `done`, or a text that changes while there is progress.
 *  @returns whether it is done. */
export async function whileItMoves(look: () => Promise<string> | string): Promise<boolean> {
  let before = '';
  let movedAt = performance.now();
  for (;;) {
    const now = await look();
    if (now === 'done') return true;
    if (now !== before) movedAt = performance.now();
    before = now;
    if (performance.now() - movedAt > patienceMs) return false;
    await pause(lookMs);
  }
}
