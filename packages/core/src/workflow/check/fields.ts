import type { Problem } from '../../errors.ts';
import type { Known } from '../../pack/known.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { suggestion } from '../../yaml/nearest.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { at } from '../graph/digraph.ts';
import type { PlacedExpression } from './expressions.ts';
import type { Flow } from './flow.ts';
import { problemWithin } from './place.ts';

/** What every result may have, whatever the action. */
const ownFields = [
  'succeeded',
  'error',
  'exit_code',
  'duration_ms',
  'data',
  'stdout',
  'stdout_truncated',
  'stdout_dropped_bytes',
  'stderr_log',
  'stderr_truncated',
  'stderr_dropped_bytes',
  'data_error',
  'signal',
  'timed_out',
  'escaped',
  'kind',
  'details',
];

/** Fields that the result of a task is not known to have, by the `output` of its action or the `output_map` of its workflow. */
export function unknownFields(
  draft: WorkflowDraft,
  flow: Flow,
  expressions: readonly PlacedExpression[],
  known: Known,
): Problem[] {
  const { source, definition } = draft;
  const placeOf = new Map(definition.tasks.map(({ name }, index) => [name, index]));
  const shapes = definition.tasks.map((task) => shapeOf(task, known));
  return expressions.flatMap(({ reads, pointer, task, moment }) =>
    reads.flatMap(({ path, parts }) => {
      const [root, ...rest] = path;
      const isTask = root === 'task' || root === 'tasks';
      const [name, ...fields] = isTask ? rest : ['', ...rest];
      const one = placeOf.get(name ?? '');
      const read = isTask
        ? one === undefined
          ? []
          : [one]
        : root === 'result()'
          ? endedBefore(flow, task, moment)
          : [];
      const depth = path.length - fields.length + (isTask && fields[0] === 'result' ? 1 : 0);
      const field = path[depth];
      const part = parts[depth];
      if (field === undefined || part === undefined || read.length === 0) return [];
      const message = complaint(
        read.map((index) => ({ ...at(shapes, index), task: at(definition.tasks, index).name })),
        field,
        path.slice(0, depth).join('.'),
      );
      return message === undefined ? [] : [problemWithin(source.document, pointer, part, message, 'unknown_field')];
    }),
  );
}

/** Fields of the pack's configuration that its schema does not have. */
export const unknownSettings = (
  { source }: WorkflowDraft,
  expressions: readonly PlacedExpression[],
  config: FlatSchema | null,
): Problem[] =>
  config === null
    ? []
    : expressions.flatMap(({ reads, pointer }) =>
        reads.flatMap(({ path: [root, name], parts: [, part] }) => {
          if (root !== 'config' || name === undefined || part === undefined || Object.hasOwn(config, name)) return [];
          const message = `The "conf_schema" of pack.yaml has no "${name}".${suggestion(name, Object.keys(config))}`;
          return [problemWithin(source.document, pointer, part, message, 'unknown_field')];
        }),
      );

/** What is known of a result: its fields, or that it is a list with a result for each item. */
interface ResultShape {
  /** Undefined where any field may be there. */
  fields: readonly string[] | undefined;
  isList: boolean;
  action: string;
}

function shapeOf(task: WorkflowDraft['definition']['tasks'][number], known: Known): ResultShape {
  const action = known.action(task.action);
  const output = action?.output ?? undefined;
  const fields = action?.result ?? (output && [...Object.keys(output), ...ownFields]);
  return { fields, isList: task.with_items !== null, action: task.action };
}

/** The tasks of which `result()` may tell at a moment; none where nothing is known. */
function endedBefore({ graph }: Flow, task: number | undefined, moment: PlacedExpression['moment']): readonly number[] {
  if (task === undefined) return [];
  return moment === 'start' ? at(graph.predecessors, task) : [task];
}

/** What is wrong with a field, if none of the results it may be read from has it. */
function complaint(read: readonly (ResultShape & { task: string })[], field: string, path: string): string | undefined {
  if (/^\d+$/.test(field)) return undefined;
  if (read.every(({ isList }) => isList)) {
    return `The result of "${read[0]?.task ?? ''}" is a list with one result for each item: write ${path}[0].${field} for that of the first`;
  }
  if (!read.every(({ fields, isList }) => !isList && fields !== undefined && !fields.includes(field))) return undefined;
  const names = [...new Set(read.flatMap(({ fields = [] }) => fields))];
  const actions = [...new Set(read.map(({ action }) => action))].join(' or ');
  const own = names.filter((name) => !ownFields.includes(name) || name === 'succeeded' || name === 'error');
  return `${actions} is not known to answer with "${field}"; it has ${own.join(', ')}.${suggestion(field, names)}`;
}
