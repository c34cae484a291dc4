import type { Evidence } from '../evidence.ts';

/** Looks for what must not be.
 *  @returns each violation in one sentence that names the rows. */
export type Check = (evidence: Evidence) => string[];

/** Actions that only compute. They may be run in the transaction that takes or creates their execution: it is then written once, with its
 *  end, and never has a lease. */
export const isInstant = (action_ref: string): boolean => action_ref === 'core.echo' || action_ref === 'core.noop';

/** Sorts a list into groups. */
export function groupBy<T>(list: readonly T[], keyOf: (one: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
