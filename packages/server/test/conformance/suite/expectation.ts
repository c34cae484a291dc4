import {
  anyMap,
  anything,
  checkShape,
  childPointer,
  defaulted,
  formatProblem,
  integer,
  isJsonObject,
  list,
  map,
  optional,
  readYaml,
  record,
  text,
  word,
  type Json,
  type JsonObject,
  type Shape,
  type Shaped,
} from '@attune/core';
import { readOrder, type Order } from './order.ts';

/** No editor is told about these files. */
const noSchema = () => ({});

/** How an action ends. */
export type Behaviour = Shaped<typeof behaviour>;

const behaviour = record({
  outcome: defaulted(word('succeeded', 'failed', 'timed_out', 'abandoned'), 'succeeded'),
  /** What it prints on standard output: JSON. */
  result: defaulted(anything(), {}),
  /** What it prints on standard output instead, if that is no JSON. */
  stdout: optional(text()),
  /** What a failing one prints on standard error. */
  error: optional(text()),
  /** It ends only after these other runs of tasks have. */
  after: optional(list(text())),
  /** Of an inquiry: what is answered. Without it nobody answers. */
  answer: optional(anything()),
  /** Of an inquiry: an answer that is tried first and has to be refused. */
  refused: optional(anything()),
});

/** `failed` is short for `{ outcome: failed }`. */
const behaviours: Shape<Behaviour> = {
  expected: 'an outcome, or a map',
  schema: noSchema,
  read: (value, pointer, report) =>
    behaviour.read(typeof value === 'string' ? { outcome: value } : value, pointer, report),
};

const order: Shape<Order> = {
  expected: 'a list',
  schema: noSchema,
  read: (value, pointer, report) => {
    try {
      return readOrder(value);
    } catch (error) {
      report(pointer, String(error), 'wrong_value');
      return undefined;
    }
  },
};

/** What a run of a workflow is to show. What is left out is expected to be empty. */
export type ExpectedRun = Shaped<typeof run>;

const runFields = {
  status: defaulted(word('completed', 'failed', 'cancelled', 'timeout'), 'completed'),
  /** Each attempt as `KEY STATUS` in order of its start, ` unstarted` behind it where it never began. */
  sequence: defaulted(order, []),
  /** Runs of tasks that were skipped, in this order. */
  skipped: defaulted(list(text()), []),
  /** The variables at the end. */
  variables: defaulted(anyMap(), {}),
  /** The result of the whole run. */
  output: defaulted(anything(), null),
  /** The parameters that attempts were given; only those named are compared. */
  inputs: defaulted(anyMap(), {}),
  /** What the errors of attempts contain; only those named are compared. */
  errors: defaulted(map(text()), {}),
  /** Seconds that attempts waited at least before they could start; only those named are compared. */
  waits: defaulted(map(integer(0)), {}),
  /** Most items of a task that were under way at one time. */
  at_once: defaulted(map(integer(0)), {}),
};

/** Nested runs, by the task whose action they are. */
interface Within {
  within: Record<string, ExpectedRun>;
}

const run: Shape<Shaped<ReturnType<typeof record<typeof runFields>>> & Within> = {
  expected: 'a map',
  schema: noSchema,
  read: (value, pointer, report) => {
    if (!isJsonObject(value)) return record(runFields).read(value, pointer, report) as undefined;
    const { within = {}, ...own } = value;
    const read = record(runFields).read(own, pointer, report);
    const nested = map(run).read(within, childPointer(pointer, 'within'), report);
    return read === undefined || nested === undefined ? undefined : { ...read, within: nested };
  },
};

const header = record({
  /** Why the conductor alone cannot play it, where it cannot. */
  needs: optional(text()),
  parameters: defaulted(anyMap(), {}),
  actions: defaulted(map(behaviours), {}),
  /** What is done to the run from outside, in this order: `pause while TASK runs`, `resume after TASK`, `cancel while TASK runs and stop it` (or `and let it finish`). */
  meanwhile: defaulted(list(text()), []),
  /** The file is refused, with these problems: `LINE:COLUMN` and a part of the message. */
  problems: optional(list(text(), { atLeast: 1 })),
});

const headerKeys = ['needs', 'parameters', 'actions', 'meanwhile', 'problems'];

export type Expectation = Shaped<typeof header> & { run: ExpectedRun };

/** @throws Error with everything wrong about the file. */
export function readExpectation(source: string, file: string): Expectation {
  const document = readYaml(source, file);
  const whole: Shape<Expectation> = {
    expected: 'a map',
    schema: noSchema,
    read: (value, pointer, report) => {
      const object = isJsonObject(value) ? value : {};
      const pick = (wanted: boolean): JsonObject =>
        Object.fromEntries(Object.entries(object).filter(([key]) => headerKeys.includes(key) === wanted));
      const head = header.read(pick(true), pointer, report);
      const rest = run.read(pick(false), pointer, report);
      return head === undefined || rest === undefined ? undefined : { ...head, run: rest };
    },
  };
  const { value, problems } = checkShape(document, whole);
  if (value === undefined || problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
}

/** Stands in an expectation for what differs from run to run: a whole value, or a part of a text. */
export const anyValue = '<any>';

/** The value as the expectation has it wherever it fits that. */
export function blurred(value: Json | undefined, expected: Json | undefined): Json | undefined {
  if (typeof expected === 'string' && expected.includes(anyValue) && fits(value, expected)) return expected;
  if (Array.isArray(value) && Array.isArray(expected))
    return value.map((entry, index) => blurred(entry, expected[index]) ?? null);
  if (isJsonObject(value) && isJsonObject(expected))
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, blurred(entry, expected[key]) ?? null]),
    );
  return value;
}

function fits(value: Json | undefined, expected: string): boolean {
  if (expected === anyValue) return value !== undefined && value !== null;
  const parts = expected.split(anyValue).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return typeof value === 'string' && new RegExp(`^${parts.join('.*')}$`, 's').test(value);
}
