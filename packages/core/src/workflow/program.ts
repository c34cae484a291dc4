import { callsOf } from '../expression/calls.ts';
import { parseCondition, type Expression } from '../expression/expression.ts';
import { referencesOf } from '../expression/reference.ts';
import type { Json } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from './definition.ts';

/** Tasks that an expression reads by `task.<name>`; 'all' where it is only known when it is evaluated. */
export type TaskNames = ReadonlySet<string> | 'all';

/** The expressions of a task, parsed, and what they read. */
export interface TaskProgram {
  when: Expression | null;
  /** Undefined where it is a number, or no items are. */
  concurrency: Expression | undefined;
  on_error: Expression | null;
  /** The conditions of its transitions, in their order. */
  transitions: readonly (Expression | null)[];
  reads: {
    /** When the task starts: its `when`, and what its items and input are made of. */
    starting: Reads;
    /** When one of its items is released: its input alone. */
    releasing: Reads;
    /** When an attempt failed that may be retried. */
    retrying: Reads;
    /** When the task ends. */
    ending: Reads;
  };
}

/** What expressions read of what was recorded. */
export interface Reads {
  tasks: TaskNames;
  /** Whether they call `result()`, the result of the task that just ended. */
  result: boolean;
}

/** @throws ExpressionError for a definition that was not checked. */
export function programOf(task: TaskDefinition): TaskProgram {
  const when = conditionOf(task.when);
  const hasItems = itemsOf(task) !== null;
  const concurrency = hasItems && typeof task.concurrency === 'string' ? parseCondition(task.concurrency) : undefined;
  const on_error = conditionOf(task.retry?.on_error ?? null);
  const transitions = task.next.map((transition) => conditionOf(transition.when));
  const publishes = task.next.flatMap((transition) => transition.publish);
  return {
    when,
    concurrency,
    on_error,
    transitions,
    reads: {
      starting: readsOf(when, concurrency ?? null, itemsOf(task), task.input),
      releasing: readsOf(task.input),
      retrying: readsOf(on_error),
      ending: readsOf(on_error, ...transitions, publishes),
    },
  };
}

/** The template of a task's items; null where it has none, as in every definition from before there were items. */
export const itemsOf = ({ with_items }: TaskDefinition): string | null =>
  typeof with_items === 'string' ? with_items : null;

/** What the `output_map` reads. */
export const outputReads = (definition: WorkflowDefinition): Reads => readsOf(definition.output_map);

/** Tasks that anything in the workflow reads: the only ones whose runs have to be remembered. */
export function everythingRead(programs: Iterable<TaskProgram>, output: Reads): TaskNames {
  const all = [output, ...[...programs].flatMap(({ reads }) => [reads.starting, reads.ending])];
  return joined(all.map((reads) => reads.tasks));
}

/** All tasks of several sets. */
export const joined = (sets: readonly TaskNames[]): TaskNames =>
  sets.includes('all') ? 'all' : new Set(sets.flatMap((set) => (set === 'all' ? [] : [...set])));

const conditionOf = (text: string | null): Expression | null => (text === null ? null : parseCondition(text));

const readsOf = (...sources: readonly (Expression | Json | null)[]): Reads => ({
  tasks: tasksRead(sources),
  result: sources.some((source) => callsOf(source).has('result')),
});

function tasksRead(sources: readonly (Expression | Json | null)[]): TaskNames {
  const names = new Set<string>();
  for (const { path } of sources.flatMap((source) => referencesOf(source))) {
    const [root, name] = path;
    if (root !== 'task' && root !== 'tasks') continue;
    if (name === undefined) return 'all';
    names.add(name);
  }
  return names;
}
