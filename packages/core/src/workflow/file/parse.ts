import type { Problem } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { labelOf } from '../../pack/names.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { problemAt, type YamlDocument } from '../../yaml/document.ts';
import { checkShape } from '../../yaml/shape.ts';
import type { TaskDefinition, Transition, WorkflowDefinition } from '../definition.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkFlow } from './check-flow.ts';
import { checkNames } from './check-names.ts';
import { workflowKeys, type TaskKeys, type TransitionKeys, type WorkflowKeys } from './keys.ts';
import { disabledKeys, transitionsOf } from './legacy.ts';
import type { Located } from './located.ts';
import { itemless } from './itemless.ts';
import { missingKeys } from './missing.ts';
import { surprises } from './surprises.ts';

/** What the action says that starts a workflow with a graph file of its own; it wins over the file's own `parameters` and `output`. */
export interface WorkflowAction {
  ref: string;
  label: string;
  description: string | null;
  parameters: FlatSchema | null;
  output: FlatSchema | null;
  tags: string[];
}

/** A workflow file as its checks see it: everything still knows where it stood. */
export interface WorkflowSource {
  document: YamlDocument;
  keys: WorkflowKeys;
  tasks: TaskSource[];
  parameters: FlatSchema | null;
}

export interface TaskSource {
  /** Of the task in the file. */
  pointer: string;
  keys: TaskKeys;
  transitions: TransitionKeys[];
}

/** A workflow as far as it could be read, whatever is wrong with it: for what is checked with other files at hand. */
export interface WorkflowDraft {
  source: WorkflowSource;
  /** Its tasks are those of the source, in the same order. */
  definition: WorkflowDefinition;
}

export interface ParsedWorkflow {
  /** Undefined where nothing could be read. */
  draft?: WorkflowDraft;
  /** Set if there are no problems. */
  workflow?: WorkflowDefinition;
  /** Everything wrong with the file, in the order of its text. */
  problems: Problem[];
  /** What is right, but perhaps not what was meant. */
  warnings: Problem[];
}

/** Reads a workflow file and checks all that can be known without other files.
 *  @param action the action that names the graph file; undefined for the older form, a file that is a workflow by itself and must
 *  say its `ref`. */
export function parseWorkflow(document: YamlDocument, action?: WorkflowAction): ParsedWorkflow {
  const { value: keys, problems } = checkShape(document, workflowKeys);
  if (keys === undefined) return { problems: sorted(problems), warnings: [] };
  const source: WorkflowSource = {
    document,
    keys,
    tasks: keys.tasks.map(({ pointer, value }) => ({ pointer, keys: value, transitions: transitionsOf(value) })),
    parameters: action === undefined ? (keys.parameters ?? null) : action.parameters,
  };
  const ref = keys.ref?.value ?? action?.ref;
  if (ref === undefined)
    problems.push(problemAt(document, '', 'The key "ref" is missing; it must be pack.name', 'missing_key'));
  const workflow = definitionOf(source, ref ?? '', action);
  problems.push(
    ...missingKeys(source),
    ...checkNames(source),
    ...checkFlow(source, workflow),
    ...checkExpressions(source),
  );
  const draft = { source, definition: workflow };
  if (problems.length > 0) return { draft, problems: sorted(problems), warnings: [] };
  const warnings = [...disabled(source), ...itemless(source), ...surprises(source, workflow)];
  return { draft, workflow, problems, warnings: sorted(warnings) };
}

function definitionOf(source: WorkflowSource, ref: string, action: WorkflowAction | undefined): WorkflowDefinition {
  const { keys } = source;
  return {
    ref,
    label: keys.label ?? action?.label ?? labelOf(ref),
    description: keys.description ?? action?.description ?? null,
    version: keys.version,
    parameters: source.parameters,
    output: (action === undefined ? keys.output : action.output) ?? null,
    vars: keys.vars,
    tasks: source.tasks.map(taskOf),
    output_map: keys.output_map === undefined ? null : valuesOf(keys.output_map),
    tags: keys.tags.length > 0 ? keys.tags : (action?.tags ?? []),
    cancellation_policy: keys.cancellation_policy,
    max_visits: keys.max_visits,
  };
}

function taskOf({ keys, transitions }: TaskSource): TaskDefinition {
  return {
    name: keys.name.value,
    action: keys.action,
    input: keys.input.value,
    when: keys.when?.value ?? null,
    with_items: keys.with_items?.value ?? null,
    batch_size: keys.batch_size?.value ?? null,
    concurrency: keys.concurrency?.value ?? null,
    delay: keys.delay,
    join: keys.join?.value ?? null,
    retry:
      keys.retry === undefined
        ? null
        : {
            count: keys.retry.count,
            delay: keys.retry.delay,
            backoff: keys.retry.backoff,
            max_delay: keys.retry.max_delay?.value ?? null,
            on_error: keys.retry.on_error?.value ?? null,
          },
    timeout: keys.timeout ?? null,
    on_worker_lost: keys.on_worker_lost ?? null,
    next: transitions.map(transitionOf),
  };
}

const transitionOf = (keys: TransitionKeys): Transition => ({
  when: keys.when?.value ?? null,
  publish: keys.publish.map(({ value }) => published(value)),
  do: keys.do.map(({ value }) => value),
});

/** A bare name takes the whole result. */
export const published = (entry: JsonObject | string): JsonObject =>
  typeof entry === 'string' ? { [entry]: '{{ result() }}' } : entry;

const valuesOf = <T>(map: Record<string, Located<T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).map(([key, { value }]) => [key, value]));

const disabled = ({ document, tasks }: WorkflowSource): Problem[] =>
  tasks.flatMap(({ pointer, keys }) =>
    disabledKeys(keys).map((key) =>
      problemAt(document, `${pointer}/${key}`, `"${key}" does nothing beside "next"`, 'useless_key', 'key'),
    ),
  );

const sorted = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
