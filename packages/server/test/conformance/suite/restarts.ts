import type { ObservedAttempt, ObservedRun } from './observed.ts';
import { keyOf } from './run-key.ts';

/** A run in which attempts that were lost with their worker and started again count as one, which began when the first did. One that
 *  was lost while it was being stopped, and so was not started again, counts as stopped. */
export function withoutRestarts(run: ObservedRun): ObservedRun {
  const groups = new Map<string, ObservedAttempt[]>();
  for (const attempt of run.attempts) {
    const key = keyOf({ ...attempt, attempt: 1 });
    groups.set(key, [...(groups.get(key) ?? []), attempt]);
  }
  const attempts = [...groups.values()].flatMap((group) => {
    const kept = group.filter((one, index) => one.status !== 'abandoned' || index === group.length - 1);
    return kept.map((one, index) => ({
      ...one,
      attempt: index + 1,
      status: one.status === 'abandoned' ? 'cancelled' : one.status,
      within: one.within && withoutRestarts(one.within),
    }));
  });
  return { ...run, attempts };
}
