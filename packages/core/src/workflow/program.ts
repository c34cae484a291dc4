import { parseCondition, type Expression } from '../expression/expression.ts';
import { referencesOf } from '../expression/reference.ts';
import type { Json } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from './definition.ts';

/** Tasks that an expression reads by `task.<name>`; 'all' where it is only known when it is evaluated. */
export type TaskNames = ReadonlySet<string> | 'all';

/** The conditions of a task, parsed, and what its expressions read. */
export interface TaskProgram {
  when: Expression | null;
  on_error: Expression | null;
  /** The conditions of its transitions, in their order. */
  transitions: readonly (Expression | null)[];
  /** Tasks read when the task starts, and when it ends. */
  reads: { starting: TaskNames; ending: TaskNames };
}

/** @throws ExpressionError for a definition that was not checked. */
export function programOf(task: TaskDefinition): TaskProgram {
  const when = conditionOf(task.when);
  const on_error = conditionOf(task.retry?.on_error ?? null);
  const transitions = task.next.map((transition) => conditionOf(transition.when));
  return {
    when,
    on_error,
    transitions,
    reads: {
      starting: tasksRead([when], task.input),
      ending: tasksRead(
        [on_error, ...transitions],
        task.next.flatMap((transition) => transition.publish),
      ),
    },
  };
}

/** Tasks that the `output_map` reads. */
export const outputReads = (definition: WorkflowDefinition): TaskNames => tasksRead([], definition.output_map);

/** Tasks that anything in the workflow reads: the only ones whose runs have to be remembered. */
export function everythingRead(programs: Iterable<TaskProgram>, output: TaskNames): TaskNames {
  const sets = [output, ...[...programs].flatMap(({ reads }) => [reads.starting, reads.ending])];
  return sets.reduce(joined, new Set<string>());
}

export const joined = (a: TaskNames, b: TaskNames): TaskNames =>
  a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]);

const conditionOf = (text: string | null): Expression | null => (text === null ? null : parseCondition(text));

function tasksRead(conditions: readonly (Expression | null)[], templates: Json): TaskNames {
  const names = new Set<string>();
  for (const { path } of [...conditions, templates].flatMap((source) => referencesOf(source))) {
    const [root, name] = path;
    if (root !== 'task' && root !== 'tasks') continue;
    if (name === undefined) return 'all';
    names.add(name);
  }
  return names;
}
