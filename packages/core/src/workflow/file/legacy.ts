import type { Located } from './located.ts';
import type { PublishKeys, TaskKeys, TransitionKeys } from './keys.ts';

/** The transitions of a task. The keys by which older files say them are rewritten, in this order: `on_success`, `on_failure`,
 *  `on_complete`, `on_timeout`, the branches of `decision`; then `publish` joins the first transition on success, else the first
 *  one, else it becomes one of its own. A `next` that is not empty disables them all. */
export function transitionsOf(task: TaskKeys): TransitionKeys[] {
  if (task.next.length > 0) return task.next.map((transition) => transition.value);
  const transitions = [
    ...shorthand(task.on_success, succeeded),
    ...shorthand(task.on_failure, 'failed()'),
    ...shorthand(task.on_complete, null),
    ...shorthand(task.on_timeout, 'timed_out()'),
    ...task.decision.map(({ value }) => transition(value.default ? undefined : value.when, [], [value.next])),
  ];
  const { publish } = task;
  const [first] = publish;
  if (first === undefined) return transitions;
  const host = transitions.find((one) => one.when?.value === succeeded) ?? transitions[0];
  if (host === undefined) return [transition({ pointer: first.pointer, value: succeeded }, publish, [])];
  return transitions.map((one) => (one === host ? { ...one, publish } : one));
}

/** The older keys that a task has beside a `next` that disables them. */
export function disabledKeys(task: TaskKeys): string[] {
  if (task.next.length === 0) return [];
  const single = (['on_success', 'on_failure', 'on_complete', 'on_timeout'] as const).filter(
    (key) => task[key] !== undefined,
  );
  const lists = (['decision', 'publish'] as const).filter((key) => task[key].length > 0);
  return [...single, ...lists];
}

const succeeded = 'succeeded()';

const shorthand = (target: Located<string> | undefined, when: string | null): TransitionKeys[] =>
  target === undefined
    ? []
    : [transition(when === null ? undefined : { pointer: target.pointer, value: when }, [], [target])];

const transition = (
  when: Located<string> | undefined,
  publish: PublishKeys,
  targets: Located<string>[],
): TransitionKeys => ({ ...(when === undefined ? {} : { when }), publish, do: targets });
