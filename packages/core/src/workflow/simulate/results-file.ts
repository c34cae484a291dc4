import type { Problem } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { problemAt, type YamlDocument } from '../../yaml/document.ts';
import type { SchemaOf } from '../../yaml/json-schema.ts';
import { suggestion } from '../../yaml/nearest.ts';
import { childPointer } from '../../yaml/pointer.ts';
import {
  anything,
  checkShape,
  describe,
  integer,
  map,
  optional,
  record,
  text,
  word,
  type Checked,
  type Report,
  type Shape,
} from '../../yaml/shape.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { GivenResult, GivenResults, GivenTask } from './given.ts';
import type { KnownActions } from './known-action.ts';
import { actionResult, usualDuration, type Ending } from './source.ts';

/** Reads a file of results: a map from tasks to entries, YAML or JSON. */
export const readResults = (document: YamlDocument): Checked<GivenResults> => checkShape(document, resultsShape());

/** Results of tasks, each one entry or a list of them. A function, because entries hold results in turn. */
export function resultsShape(): Shape<GivenResults> {
  const tasks = map(taskShape);
  const schema: SchemaOf = (defs) => defs.refer('results', tasks.schema);
  return { expected: 'a map from tasks to results', schema, read: tasks.read };
}

const taskShape: Shape<GivenTask> = {
  expected: 'a result or a list of results',
  schema: (defs) => {
    const entry = entryShape().schema(defs);
    return { anyOf: [entry, { type: 'array', items: entry, minItems: 1 }] };
  },
  read: (value, pointer, report) => {
    if (!Array.isArray(value)) {
      const entry = readEntry(value, pointer, report);
      return { pointer, entries: entry === undefined ? [] : [entry] };
    }
    if (value.length === 0) report(pointer, 'A list of results must hold at least one', 'wrong_value');
    const entries = value.map((one, index) => readEntry(one, childPointer(pointer, index), report));
    return { pointer, entries: entries.filter((entry) => entry !== undefined) };
  },
};

const durationShape: Shape<number> = {
  expected: 'seconds, 0 or more',
  schema: () => ({ type: 'number', minimum: 0 }),
  read: (value, pointer, report) => {
    if (typeof value === 'number' && value >= 0) return value;
    report(pointer, `"duration" must be seconds, 0 or more, not ${describe(value)}`, 'wrong_value');
    return undefined;
  },
};

/** A function, because the results inside are made of entries, too. */
const entryShape = () =>
  record(
    {
      visit: optional(integer(1)),
      attempt: optional(integer(1)),
      item: optional(integer(0)),
      outcome: optional(word('succeeded', 'failed', 'timed_out', 'abandoned', 'cancelled')),
      data: optional(anything()),
      result: optional(anything()),
      error: optional(text()),
      duration: optional(durationShape),
      tasks: optional(resultsShape()),
    },
    {
      about: {
        visit: 'Only for this run of the task, 1 for the first',
        attempt: 'Only for this attempt, 1 for the first',
        item: 'Only for this item of a task with items, 0 for the first',
        outcome: 'How the attempt ends; failed where there is an error, else succeeded',
        data: 'The output of the action, as it is parsed',
        result: 'The whole result, in the place of data and error',
        error: 'Why it failed',
        duration: 'Seconds it takes, 1 if not given; they put the ends in order',
        tasks: 'Results of the tasks of a nested workflow, which is then simulated, too',
      },
    },
  );

function readEntry(value: Json, pointer: string, report: Report): GivenResult | undefined {
  if (!isJsonObject(value)) {
    const message = `A result must be a map such as { data: { id: 7 } } or { error: no answer }, not ${describe(value)}`;
    report(pointer, message, 'wrong_type');
    return undefined;
  }
  const keys = entryShape().read(value, pointer, report);
  if (keys === undefined) return undefined;
  reportContradictions(value, pointer, report);
  const { visit, attempt, item, tasks } = keys;
  return {
    pointer,
    ...(visit === undefined ? {} : { visit }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(item === undefined ? {} : { item }),
    ending: tasks === undefined ? endingOf(keys) : null,
    tasks: tasks ?? null,
  };
}

function endingOf(keys: {
  outcome?: Ending['outcome'];
  data?: Json;
  result?: Json;
  error?: string;
  duration?: number;
}): Ending {
  const outcome = keys.outcome ?? (keys.error === undefined ? 'succeeded' : 'failed');
  const data = keys.data ?? (outcome === 'succeeded' ? {} : undefined);
  return {
    outcome,
    result: keys.result ?? actionResult(outcome, data, keys.error),
    duration_seconds: keys.duration ?? usualDuration,
    from: 'given',
  };
}

/** Keys that cannot both be meant. */
const contradictions: readonly (readonly [key: string, others: readonly string[], why: string])[] = [
  ['tasks', ['outcome', 'data', 'result', 'error', 'duration'], 'how a nested workflow ends follows from its tasks'],
  ['result', ['data', 'error'], '"result" is the whole result; they are parts of it'],
];

function reportContradictions(value: JsonObject, pointer: string, report: Report): void {
  const has = (key: string): boolean => (value[key] ?? null) !== null;
  for (const [key, others, why] of contradictions) {
    if (!has(key)) continue;
    for (const other of others.filter(has)) {
      report(childPointer(pointer, other), `"${other}" cannot stand beside "${key}": ${why}`, 'wrong_value', 'key');
    }
  }
  if (value['outcome'] === 'succeeded' && has('error')) {
    report(childPointer(pointer, 'error'), 'An attempt that succeeded has no error', 'wrong_value', 'key');
  }
}

/** What results say of tasks that the workflow does not have, and of what its tasks cannot be: items where there are none, tasks of what
 *  is no workflow. An action of which nothing is known may be one. */
export function checkResults(
  document: YamlDocument,
  results: GivenResults,
  workflow: WorkflowDefinition,
  actions: KnownActions,
): Problem[] {
  const tasks = new Map(workflow.tasks.map((task) => [task.name, task]));
  return Object.entries(results).flatMap(([name, { pointer, entries }]) => {
    const task = tasks.get(name);
    if (task === undefined) {
      const message = `The workflow ${workflow.ref} has no task "${name}".${suggestion(name, tasks.keys())}`;
      return [problemAt(document, pointer, message, 'unknown_name', 'key')];
    }
    const action = actions(task.action);
    return entries.flatMap((entry): Problem[] => {
      if (entry.item !== undefined && task.with_items === null) {
        const message = `The task "${name}" has no items: it has no "with_items"`;
        return [problemAt(document, childPointer(entry.pointer, 'item'), message, 'wrong_value', 'key')];
      }
      if (entry.tasks === null || action === undefined) return [];
      if (action.workflow !== null) return checkResults(document, entry.tasks, action.workflow, actions);
      const message = `The action ${task.action} of this task is no workflow that is known here: give its "data" or "result"`;
      return [problemAt(document, childPointer(entry.pointer, 'tasks'), message, 'wrong_value', 'key')];
    });
  });
}
