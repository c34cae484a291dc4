import { refForm } from '../../pack/names.ts';
import { flatSchema } from '../../schema/flat-schema.ts';
import {
  anyMap,
  anything,
  choice,
  defaulted,
  flag,
  integer,
  list,
  isNumber,
  isText,
  map,
  optional,
  patternForm,
  record,
  required,
  text,
  word,
  type Report,
  type Shape,
  type Shaped,
} from '../../yaml/shape.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import { defaultMaxVisits } from '../definition.ts';
import { aboutBranch, aboutRetry, aboutTask, aboutTransition, aboutWorkflow } from './about.ts';
import { located, unavailable, type Located } from './located.ts';
import { outsideTask, outsideTransition, outsideWorkflow } from './misplaced.ts';

/** The keys of a workflow file, as tables: what each may hold, and what it is when it is left out. What a workflow cannot do without
 *  has an empty default here, so that one missing key does not hide what else is wrong; missing.ts tells that it is missing. */

/** A year in seconds: longer waits and limits are mistakes. */
const longestTime = 31_536_000;

const mostVisits = 1_000_000;

const variableForm = patternForm('a variable name (letters, digits, _ and -)', /^(?!__proto__$)[A-Za-z0-9_-]{1,255}$/);

/** A map of variables to values, or the name of a variable that takes the whole result. */
const publishEntry = choice<JsonObject | string>('a map or a variable name', [
  [isText, text({ form: variableForm })],
  [isJsonObject, map(anything(), { key: variableForm })],
]);

const publish = defaulted(list(located(publishEntry)), []);

const target = located(text());

const transition = record(
  {
    when: optional(located(text())),
    publish,
    do: defaulted(list(target), []),
  },
  { ignored: ['__chart_meta__', 'label', 'color'], about: aboutTransition, elsewhere: outsideTransition },
);

const branch = record(
  {
    when: optional(located(text())),
    next: required(target),
    default: defaulted(flag(), false),
  },
  { about: aboutBranch },
);

const retry = record(
  {
    count: required(integer(1, 100)),
    delay: required(integer(0, longestTime)),
    backoff: defaulted(word('constant', 'linear', 'exponential'), 'constant'),
    max_delay: optional(located(integer(0, longestTime))),
    on_error: optional(located(text())),
  },
  { about: aboutRetry },
);

const input = choice<JsonObject | 'inherit'>('a map, or the word inherit', [
  [isText, word('inherit')],
  [isJsonObject, anyMap()],
]);

const join = choice<number | 'all'>('the word all, or an integer of 1 or more', [
  [isText, word('all')],
  [isNumber, integer(1)],
]);

/** A list literal is refused: what stands in it would have to be told from templates, and the expression says the same. */
const listExpression = choice<string>('an expression that gives a list, e.g. "{{ parameters.hosts }}"', [
  [isText, text()],
]);
const items: Shape<string> = {
  ...listExpression,
  read: (value, pointer, report) =>
    Array.isArray(value) ? refuseListLiteral(pointer, report) : listExpression.read(value, pointer, report),
};

function refuseListLiteral(pointer: string, report: Report): undefined {
  report(
    pointer,
    '"with_items" must be an expression that gives a list; write the list inside it, "{{ [1, 2] }}", or keep it in "vars"',
    'wrong_type',
  );
}

const concurrency = choice<number | string>('an integer of 1 or more, or an expression that gives one', [
  [isText, text()],
  [isNumber, integer(1)],
]);

const taskName = text({ maxLength: 255 });
const actionRef = text({ form: refForm });

/** What a task cannot do without. */
export const neededInTask = { name: taskName, action: actionRef };

export type TaskKeys = Shaped<typeof task>;
const task = record(
  {
    name: defaulted(located(taskName), { pointer: '', value: '' }),
    // A nested workflow is an action like any other, so the older word for it means nothing more.
    type: optional(kind()),
    action: defaulted(actionRef, ''),
    input: defaulted(located(input), { pointer: '', value: {} }),
    when: optional(located(text())),
    with_items: optional(located(items)),
    batch_size: optional(located(integer(1))),
    concurrency: optional(located(concurrency)),
    delay: defaulted(integer(0, longestTime), 0),
    join: optional(located(join)),
    retry: optional(retry),
    timeout: optional(integer(1, longestTime)),
    on_worker_lost: optional(word('fail', 'restart')),
    next: defaulted(list(located(transition)), []),
    // The older way to say `next`, rewritten by legacy.ts.
    on_success: optional(target),
    on_failure: optional(target),
    on_complete: optional(target),
    on_timeout: optional(target),
    decision: defaulted(list(located(branch)), []),
    publish,
    permission_set_refs: unavailable(),
    permission_set_ref: unavailable(),
    worker_selector: unavailable(),
    worker_affinity: unavailable(),
    worker_tolerations: unavailable(),
    tasks: unavailable(),
  },
  { ignored: ['__chart_meta__'], needed: Object.keys(neededInTask), about: aboutTask, elsewhere: outsideTask },
);

function kind(): Shape<'action' | 'workflow'> {
  const known = word('action', 'workflow');
  return {
    expected: known.expected,
    schema: known.schema,
    read: (value, pointer, report) => {
      if (value !== 'parallel') return known.read(value, pointer, report);
      report(
        pointer,
        'Tasks of the type "parallel" are not available: let several tasks stand in one "do"',
        'unsupported',
      );
      return undefined;
    },
  };
}

const vars = map(anything(), { key: variableForm });
const outputMap = map(located(text({ mayBeEmpty: true })));

const version = text({ maxLength: 50 });
const tasks = list(located(task), { atLeast: 1 });

/** What a workflow cannot do without. */
export const neededInWorkflow = { version, tasks };

export type WorkflowKeys = Shaped<typeof workflowKeys>;
export const workflowKeys = record(
  {
    ref: optional(located(text({ form: refForm }))),
    label: optional(text({ maxLength: 255 })),
    description: optional(text({ mayBeEmpty: true })),
    version: defaulted(version, ''),
    parameters: optional(flatSchema),
    output: optional(flatSchema),
    vars: defaulted(vars, {}),
    tasks: defaulted(tasks, []),
    output_map: optional(outputMap),
    tags: defaulted(list(text()), []),
    cancellation_policy: defaulted(word('allow_finish', 'cancel_running'), 'allow_finish'),
    max_visits: defaulted(integer(1, mostVisits), defaultMaxVisits),
  },
  {
    ignored: ['__chart_meta__'],
    needed: Object.keys(neededInWorkflow),
    about: aboutWorkflow,
    elsewhere: outsideWorkflow,
  },
);

export type TransitionKeys = Shaped<typeof transition>;
export type PublishKeys = Located<JsonObject | string>[];
