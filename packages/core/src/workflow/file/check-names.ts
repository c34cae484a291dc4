import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import { suggestion } from '../../yaml/nearest.ts';
import { isReservedTarget, reservedTargets } from '../definition.ts';
import type { TaskSource, WorkflowSource } from './parse.ts';

/** Names that tasks cannot have: they stand for something else where a task's name may stand, or did in earlier versions. */
const reservedNames = ['parameters', 'vars', 'task', 'system', 'kv', 'pack', 'item', 'batch', 'index', '__proto__'];

/** Task names that are reserved or stand twice, and transitions to tasks that are not there. */
export function checkNames(source: WorkflowSource): Problem[] {
  return [...checkTaskNames(source), ...source.tasks.flatMap((task) => checkTargets(source, task))];
}

function checkTaskNames({ document, tasks }: WorkflowSource): Problem[] {
  const first = new Map<string, number>();
  return tasks.flatMap(({ keys: { name } }) => {
    if (name.value === '') return []; // missing, and told as that
    if (isReservedTarget(name.value)) {
      const message = `A task cannot be named "${name.value}": it is a target of its own`;
      return [problemAt(document, name.pointer, message, 'reserved_name')];
    }
    if (reservedNames.includes(name.value)) {
      const message = `A task cannot be named "${name.value}": the name is reserved`;
      return [problemAt(document, name.pointer, message, 'reserved_name')];
    }
    const line = first.get(name.value);
    first.set(name.value, line ?? document.at(name.pointer).line);
    if (line === undefined) return [];
    const message = `There is a task "${name.value}" already, in line ${line}`;
    return [problemAt(document, name.pointer, message, 'duplicate_task')];
  });
}

function checkTargets({ document, tasks }: WorkflowSource, task: TaskSource): Problem[] {
  const names = tasks.map(({ keys }) => keys.name.value);
  return task.transitions.flatMap((transition) =>
    transition.do
      .filter(({ value }) => !names.includes(value) && !isReservedTarget(value))
      .map(({ pointer, value }) => {
        const meant = suggestion(value, [...names, ...reservedTargets]);
        return problemAt(
          document,
          pointer,
          `Task "${task.keys.name.value}" leads to "${value}", which is no task.${meant}`,
          'unknown_task',
        );
      }),
  );
}
