import { EventEmitter, once } from 'node:events';

/** Longest wait for one, in milliseconds. */
const limitMs = 30_000;

/** What processes of Attune say about the actions that they start.
 *  @returns `tell`, for `site.start`, and `next()`, which resolves with the time when the next one starts, as `monotonicMs` gives it */
export function actionStarts() {
  const told = new EventEmitter();
  return {
    tell: (at) => told.emit('start', at),
    next: async () => (await once(told, 'start', { signal: AbortSignal.timeout(limitMs) }))[0],
  };
}
