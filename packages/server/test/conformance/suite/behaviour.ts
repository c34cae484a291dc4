import type { Behaviour } from './expectation.ts';
import { partsOf, type RunKey } from './run-key.ts';

const asUsual: Behaviour = { outcome: 'succeeded', result: {} };

/** How an attempt ends. A key of `actions` may leave out visit, item and attempt, and then means all of them; the one that says most
 *  counts. A task of a nested run stands behind the tasks above it: `release > build`.
 *  @param above the tasks above it, outermost first. */
export function behaviourOf(actions: Record<string, Behaviour>, above: readonly string[], run: RunKey): Behaviour {
  const fits = (part: number | undefined, actual: number | null) => part === undefined || part === actual;
  const [best] = Object.entries(actions)
    .map(([key, behaviour]) => {
      const path = key.split(' > ');
      return { parts: partsOf(path.pop() ?? ''), path, behaviour };
    })
    .filter(
      ({ path, parts: { task, visit, item, attempt } }) =>
        path.join(' > ') === above.join(' > ') &&
        task === run.task &&
        fits(visit, run.visit) &&
        fits(item, run.item) &&
        fits(attempt, run.attempt),
    )
    .map((one) => {
      const { visit, item, attempt } = one.parts;
      return { ...one, says: [visit, item, attempt].filter((part) => part !== undefined).length };
    })
    .sort((a, b) => b.says - a.says);
  return best?.behaviour ?? asUsual;
}
