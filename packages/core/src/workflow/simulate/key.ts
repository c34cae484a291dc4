import type { RunName } from './simulation.ts';
import type { AttemptName } from './source.ts';

/** One text for the end of an attempt of a run, in whatever run it is. */
export const endKey = (run: RunName, name: AttemptName): string => JSON.stringify([...run, name].map(numbersOf));

/** One text for the moment at which an attempt comes into being as the successor of another. */
export const successorKey = (run: RunName, name: AttemptName): string => `successor ${endKey(run, name)}`;

const numbersOf = ({ task, visit, attempt, item }: AttemptName) => [task, visit, attempt, item];

/** How people read an attempt: its task, the item where it has one, which visit and attempt it is, from the second on. */
export function attemptText({ task, visit, attempt, item }: AttemptName): string {
  const again = [visit > 1 ? `visit ${visit}` : '', attempt > 1 ? `attempt ${attempt}` : ''].filter(
    (text) => text !== '',
  );
  const index = item === null ? '' : `[${item}]`;
  return `${task}${index}${again.length === 0 ? '' : ` (${again.join(', ')})`}`;
}

/** A task of a run by its path: `deploy/build`, an item by its index: `patch[0]`. */
export const pathText = (run: RunName, name: AttemptName): string =>
  [...run, name].map(({ task, item }) => `${task}${item === null ? '' : `[${item}]`}`).join('/');

/** An attempt with the runs that lead to it, each as {@link attemptText} has it. */
export const attemptPath = (run: RunName, name: AttemptName): string => [...run, name].map(attemptText).join('/');
