import type { SeenExecution } from '../follow/reader.ts';

/** Why one that is under way stands still, in a few words; undefined where it does not. */
export function waitingText({ paused, inquiry }: Pick<SeenExecution, 'paused' | 'inquiry'>): string | undefined {
  if (inquiry !== null) return `waits for inquiry ${inquiry}`;
  return paused ? 'paused' : undefined;
}
