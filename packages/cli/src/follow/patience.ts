import { exits, StoppedWaiting } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { timeLimit } from '../time-limit.ts';

/** Waits for something, no longer than `timeout` seconds and not beyond Ctrl-C.
 *  @param goesOn what is said then: what was awaited is still under way, and how to look at it.
 *  @throws StoppedWaiting */
export async function withPatience<T>(
  terminal: Terminal,
  timeout: number | undefined,
  goesOn: string,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = timeout === undefined ? undefined : timeLimit(timeout * 1_000);
  try {
    return await wait(limit === undefined ? terminal.interrupted : AbortSignal.any([terminal.interrupted, limit]));
  } catch (error) {
    if (terminal.interrupted.aborted) throw new StoppedWaiting(`Stopped waiting. ${goesOn}`, exits.interrupted);
    if (limit?.aborted === true) {
      throw new StoppedWaiting(`Not ended after ${timeout ?? 0} s. ${goesOn}`, exits.waitedTooLong);
    }
    throw error;
  }
}
