import { AttuneError } from '@attune/core';
import type { Logger } from 'pino';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stopper } from './held.ts';

/** Milliseconds between two tries, and from when on a fault counts as lasting. */
const tries = { firstMs: 50, mostMs: 2_000, forMs: 60_000 };

/** Tries until it succeeds: what a worker has to say to the database outlives a restart of the database.
 *  @throws What the deed threw last, once `stopper` is aborted or a minute has passed; an AttuneError at once. */
export async function persist<T>(
  what: string,
  deed: () => Promise<T>,
  log: () => Logger,
  stopper: Stopper,
): Promise<T> {
  const begun = performance.now();
  for (let ms = tries.firstMs; ; ms = Math.min(ms * 2, tries.mostMs)) {
    try {
      return await deed();
    } catch (error) {
      if (error instanceof AttuneError) throw error; // an answer, and it would be the same again
      if (stopper.isAborted || performance.now() - begun > tries.forMs) throw error;
      log().warn({ err: error, retry_in_ms: ms }, `${what} failed; it will be tried again`);
    }
    await pause(ms, undefined, { signal: stopper.signal, ref: false }).catch(() => undefined);
  }
}
