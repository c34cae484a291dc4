import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import { childPointer } from '../../yaml/pointer.ts';
import type { WorkflowDraft, WorkflowSource } from '../file/parse.ts';
import { at } from '../graph/digraph.ts';
import type { PlacedExpression } from './expressions.ts';
import { reachedFrom, type Flow } from './flow.ts';
import { problemWithin } from './place.ts';

/** Where a variable is set: an entry of a `publish`, by its place. */
interface Setting {
  task: number;
  transition: number;
  entry: number;
}

/** Variables that are read before anything can have set them: they are not in `vars`, and every task that publishes them runs only
 *  after the one that reads. */
export function unsetVariables(
  { source }: WorkflowDraft,
  flow: Flow,
  expressions: readonly PlacedExpression[],
): Problem[] {
  const settings = settingsOf(source);
  const after = afterEach(flow);
  return expressions.flatMap(({ reads, pointer, task, moment }) =>
    task === undefined || moment === 'end'
      ? []
      : reads.flatMap(({ path, parts, isCertain }) => {
          const isNamespace = ['workflow', 'vars', 'variables'].includes(path[0]);
          const name = isNamespace ? path[1] : path[0];
          const part = parts[isNamespace ? 1 : 0];
          if (!isCertain || name === undefined || part === undefined || Object.hasOwn(source.keys.vars, name))
            return [];
          const set = settings.get(name);
          if (set === undefined || !set.every((setting) => isLater(setting, task, moment, after))) return [];
          const message = `Nothing can have set "${name}" yet: give it a first value in "vars", or read it by get(workflow, "${name}", null)`;
          return [problemWithin(source.document, pointer, part, message, 'unset_variable')];
        }),
  );
}

function settingsOf({ tasks }: WorkflowSource): Map<string, Setting[]> {
  const settings = new Map<string, Setting[]>();
  tasks.forEach(({ transitions }, task) =>
    transitions.forEach(({ publish }, transition) =>
      publish.forEach(({ value }, entry) => {
        for (const name of typeof value === 'string' ? [value] : Object.keys(value)) {
          settings.set(name, [...(settings.get(name) ?? []), { task, transition, entry }]);
        }
      }),
    ),
  );
  return settings;
}

/** Whether a setting only happens after a moment of a task's first run. */
function isLater(
  setting: Setting,
  task: number,
  moment: PlacedExpression['moment'],
  after: (task: number) => ReadonlySet<number>,
): boolean {
  if (setting.task !== task) return after(task).has(setting.task);
  if (typeof moment === 'string') return true;
  if (setting.transition !== moment.transition) return setting.transition > moment.transition;
  return setting.entry >= moment.entry;
}

/** For a task those that only run after it: without it, nothing leads to them. */
function afterEach({ graph, entries }: Flow): (task: number) => ReadonlySet<number> {
  const known = new Map<number, ReadonlySet<number>>();
  return (task) => {
    const found = known.get(task);
    if (found !== undefined) return found;
    const others = reachedFrom(
      entries.filter((entry) => entry !== task),
      (one) => at(graph.successors, one).filter((target) => target !== task),
    );
    const after = new Set(graph.successors.flatMap((_, one) => (one !== task && !others.has(one) ? [one] : [])));
    known.set(task, after);
    return after;
  };
}

/** Names that stand for something else where they are written alone. */
const namespaces = ['parameters', 'workflow', 'vars', 'variables', 'task', 'tasks', 'config', 'keystore', 'system'];

/** Variables that share their name with a namespace, and are only seen as `workflow.<name>`. */
export function hiddenVariables({ source }: WorkflowDraft): Problem[] {
  const { document, keys, tasks } = source;
  const message = (name: string): string =>
    `"${name}" alone means the namespace: the variable can only be read as workflow.${name}`;
  const inVars = Object.keys(keys.vars)
    .filter((name) => namespaces.includes(name))
    .map((name) => problemAt(document, childPointer('/vars', name), message(name), 'hidden_variable', 'key'));
  const published = tasks.flatMap(({ transitions }) =>
    transitions.flatMap(({ publish }) =>
      publish.flatMap(({ pointer, value }) => {
        const names = typeof value === 'string' ? [value] : Object.keys(value);
        return names
          .filter((name) => namespaces.includes(name) && !Object.hasOwn(keys.vars, name))
          .map((name) => {
            const place = typeof value === 'string' ? pointer : childPointer(pointer, name);
            return problemAt(document, place, message(name), 'hidden_variable', 'key');
          });
      }),
    ),
  );
  return [...inVars, ...published];
}
