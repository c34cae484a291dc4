import type { Problem } from '../../errors.ts';
import type { ProblemCode } from '../../problem-code.ts';
import { problemCodeOf, wordLength } from '../../expression/check.ts';
import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, type Expression } from '../../expression/expression.ts';
import { faultsOf, type KnownNames as FaultNames } from '../../expression/fault.ts';
import { builtIns } from '../../expression/function/table.ts';
import { referencesOf, type Reference } from '../../expression/reference.ts';
import { expressionsIn, templatesIn } from '../../expression/template.ts';
import type { Json } from '../../json.ts';
import type { YamlDocument } from '../../yaml/document.ts';
import { suggestion } from '../../yaml/nearest.ts';
import { typesRead } from './known-types.ts';
import type { Located } from './located.ts';
import type { TaskSource, WorkflowSource } from './parse.ts';

/** Everything wrong with the expressions of a workflow that shows before they are evaluated: what cannot be parsed or can never be
 *  computed, and names that do not exist: of variables, parameters, tasks and functions. Each with its place inside its text. */
export function checkExpressions(source: WorkflowSource): Problem[] {
  const check = checker(source.document, knownNames(source));
  return [
    ...source.tasks.flatMap((task) => checkTask(check, task)),
    ...Object.values(source.keys.output_map ?? {}).flatMap(({ pointer, value }) => check.template(value, pointer)),
  ];
}

function checkTask(check: Checker, { keys, transitions }: TaskSource): Problem[] {
  const conditions = [
    keys.when,
    concurrencyOf(keys),
    keys.retry?.on_error,
    ...transitions.map((transition) => transition.when),
  ];
  return [
    ...conditions.flatMap((condition) =>
      condition === undefined ? [] : check.condition(condition.value, condition.pointer),
    ),
    ...(keys.with_items === undefined ? [] : check.template(keys.with_items.value, keys.with_items.pointer)),
    ...check.template(keys.input.value, keys.input.pointer, keys.with_items === undefined ? [] : itemNames),
    ...transitions.flatMap((transition) =>
      // A bare name is no template.
      transition.publish.flatMap(({ pointer, value }) =>
        typeof value === 'string' ? [] : check.template(value, pointer),
      ),
    ),
  ];
}

/** A number is no expression. */
function concurrencyOf({ concurrency }: TaskSource['keys']): Located<string> | undefined {
  if (typeof concurrency?.value !== 'string') return undefined;
  return { pointer: concurrency.pointer, value: concurrency.value };
}

/** What only the input of a task with items sees. */
const itemNames = ['item', 'index'];

interface Checker {
  condition: (text: string, pointer: string) => Problem[];
  /** @param own names that exist only here. */
  template: (value: Json, pointer: string, own?: readonly string[]) => Problem[];
}

function checker(document: YamlDocument, known: KnownNames): Checker {
  /** Some texts stand everywhere, such as `succeeded()`: each is looked at once. */
  const seen = new Map<string, readonly Found[]>();
  const look = (key: string, parse: () => Expression[], own: readonly string[]): readonly Found[] => {
    const found = seen.get(key) ?? problemsIn(parse, known, own);
    seen.set(key, found);
    return found;
  };
  const placed = (text: string, pointer: string, found: readonly Found[]): Problem[] =>
    found.map(({ offset, message, code }) => ({
      message,
      file: document.file,
      ...document.within(pointer, offset, wordLength(text, offset)),
      pointer,
      code,
    }));
  return {
    condition: (text, pointer) =>
      placed(
        text,
        pointer,
        look(`condition ${text}`, () => [parseCondition(text)], []),
      ),
    template: (value, pointer, own = []) =>
      [...templatesIn(value, pointer)].flatMap(({ text, pointer: place }) =>
        placed(
          text,
          place,
          look(`${own.join(' ')} template ${text}`, () => expressionsIn(text), own),
        ),
      ),
  };
}

/** What is wrong with the expressions of a text.
 *  @param own names that exist only here. */
function problemsIn(parse: () => Expression[], known: KnownNames, own: readonly string[]): Found[] {
  try {
    return parse().flatMap((expression) => [
      ...faultsOf(expression, { functions: endFunctions, types: known.types }).map((fault): Found => ({
        ...fault,
        code: problemCodeOf[fault.kind],
      })),
      ...referencesOf(expression)
        .filter(({ path: [root] }) => !own.includes(root))
        .flatMap((reference) => unknownNames(reference, known)),
    ]);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [{ message: error.message, offset: error.position.offset, code: problemCodeOf[error.kind] }];
  }
}

/** Something wrong at an offset of a text. */
interface Found {
  offset: number;
  message: string;
  code: ProblemCode;
}

/** What expressions of this workflow may name. A set that is null is not known before the run. */
interface KnownNames {
  /** Fields of each namespace. */
  namespaces: ReadonlyMap<string, ReadonlySet<string> | null>;
  variables: ReadonlySet<string>;
  /** The types that are known of what a path leads to. */
  types: NonNullable<FaultNames['types']>;
}

/** Functions that tell about the task that just ended. */
const endFunctions = ['result', 'succeeded', 'failed', 'timed_out', 'skipped'];

function knownNames({ keys, tasks, parameters }: WorkflowSource): KnownNames {
  const published = tasks
    .flatMap(({ transitions }) => transitions.flatMap((transition) => transition.publish))
    .flatMap(({ value }) => (typeof value === 'string' ? [value] : Object.keys(value)));
  const variables = new Set([...Object.keys(keys.vars), ...published]);
  const names = new Set(tasks.map((task) => task.keys.name.value));
  return {
    variables,
    types: (path) => typesRead(path, parameters),
    namespaces: new Map([
      ['parameters', parameters === null ? null : new Set(Object.keys(parameters))],
      ['workflow', variables],
      ['vars', variables],
      ['variables', variables],
      ['task', names],
      ['tasks', names],
      ['config', null],
      ['keystore', null],
      ['system', new Set(['workflow_start'])],
    ]),
  };
}

/** The part of a path that does not exist, if there is one. */
function unknownNames({ path, offsets }: Reference, known: KnownNames): Found[] {
  const [root, field] = path;
  const [rootOffset = 0, fieldOffset = 0] = offsets;
  const fields = known.namespaces.get(root);
  if (fields === undefined) {
    return known.variables.has(root)
      ? []
      : [{ offset: rootOffset, message: unknownRoot(root, known), code: 'unknown_name' }];
  }
  if (fields === null || field === undefined || fields.has(field)) return [];
  return [{ offset: fieldOffset, message: unknownField(root, field, fields), code: 'unknown_name' }];
}

function unknownRoot(root: string, { namespaces, variables }: KnownNames): string {
  const missing = `There is no variable "${root}".`;
  if (itemNames.includes(root)) return `"${root}" exists only in the "input" of a task with "with_items"`;
  if (endFunctions.includes(root) || builtIns.has(root)) return `${missing} "${root}" is a function: write ${root}()`;
  for (const namespace of ['parameters', 'task']) {
    if (namespaces.get(namespace)?.has(root) === true) return `${missing} Did you mean ${namespace}.${root}?`;
  }
  return `${missing}${suggestion(root, [...variables, ...namespaces.keys()])}`;
}

const nouns: Record<string, string> = { parameters: 'parameter', task: 'task', tasks: 'task' };

const unknownField = (root: string, field: string, fields: ReadonlySet<string>): string =>
  `There is no ${nouns[root] ?? (root === 'system' ? 'field' : 'variable')} "${field}".${suggestion(field, fields)}`;
