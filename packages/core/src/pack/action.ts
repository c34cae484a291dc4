import type { Json } from '../json.ts';
import { flatSchema, type FlatSchema } from '../schema/flat-schema.ts';
import { aboutAction } from './about.ts';
import type { ProblemCode } from '../problem-code.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import { suggestion } from '../yaml/nearest.ts';
import {
  anything,
  checkShape,
  defaulted,
  flag,
  integer,
  list,
  optional,
  record,
  required,
  text,
  word,
  type Checked,
} from '../yaml/shape.ts';
import { executableMode, isSafePath, type PackFiles } from './files.ts';
import { labelOf, refForm } from './names.ts';
import { builtinNames, builtinPrefix, runnerType, warmRunners, type RunnerType } from './runner.ts';
import { unsupported } from './unsupported.ts';

/** What a file of `actions/` says: a program that a worker runs, or a workflow. */
export interface ActionDefinition {
  ref: string;
  label: string;
  description: string | null;
  /** Null for a workflow, which no worker runs. */
  runner_type: RunnerType | null;
  /** Path of the program inside `actions/`, or `builtin:` and a name; null for a workflow. */
  entry_point: string | null;
  /** Path of the graph file inside the pack; null for a program. */
  workflow_file: string | null;
  /** Null where the action takes whatever it is given. */
  parameters: FlatSchema | null;
  /** What the result looks like; documentation, not enforced. */
  output: FlatSchema | null;
  parameter_delivery: 'stdin' | 'file';
  parameter_format: 'json' | 'yaml' | 'dotenv';
  output_format: 'text' | 'json' | 'yaml' | 'jsonl';
  /** There where the entry point is a module whose function `run` is called in a process that many executions share, one after another;
   *  else each attempt is a process of its own. */
  runner?: 'warm';
  /** Longest an attempt may run, in seconds; null for no limit. A task's own limit comes first. */
  timeout_seconds: number | null;
  /** What becomes of an attempt whose worker was lost: it fails, or starts again as a new attempt. `restart` says that running it
   *  twice does no harm. */
  on_worker_lost: 'fail' | 'restart';
  tags: string[];
  examples: Json[];
}

/** Longest time limit: a year. */
const longestTimeout = 31_536_000;

export const actionShape = record(
  {
    ref: required(text({ form: refForm })),
    label: optional(text({ maxLength: 255 })),
    description: optional(text({ mayBeEmpty: true })),
    runner_type: optional(runnerType),
    entry_point: optional(text()),
    workflow_file: optional(text()),
    parameters: optional(flatSchema),
    output: optional(flatSchema, 'output_schema'),
    parameter_delivery: defaulted(word('stdin', 'file'), 'stdin'),
    parameter_format: defaulted(word('json', 'yaml', 'dotenv'), 'json'),
    output_format: defaulted(word('text', 'json', 'yaml', 'jsonl'), 'text'),
    runner: defaulted(word('process', 'warm'), 'process'),
    timeout_seconds: optional(integer(1, longestTimeout)),
    on_worker_lost: defaulted(word('fail', 'restart'), 'fail'),
    tags: defaulted(list(text()), []),
    examples: defaulted(list(anything()), []),
    enabled: defaulted(flag(), true),
    runtime_version: unsupported(),
    required_worker_runtimes: unsupported(),
    worker_selector: unsupported(),
    worker_affinity: unsupported(),
    worker_tolerations: unsupported(),
    default_execution_permission_set_refs: unsupported(),
    accesses_mcp: unsupported(),
    log_retention_policy: unsupported(),
    log_retention_limit: unsupported(),
    artifact_retention_policy: unsupported(),
    artifact_retention_limit: unsupported(),
  },
  { about: aboutAction },
);

/** Keys that say how a process gets its parameters and gives its result, and so mean nothing for a function that is called. */
export const deliveryKeys = ['parameter_delivery', 'parameter_format', 'output_format'];

/** Keys that say how a program runs, and so mean nothing beside `workflow_file`. */
export const programKeys = ['runner_type', 'entry_point', ...deliveryKeys, 'runner'];

export function readAction(document: YamlDocument, files: PackFiles, pack: string): Checked<ActionDefinition> {
  const { value, problems } = checkShape(document, actionShape);
  if (value === undefined) return { value: undefined, problems };
  const complain = (pointer: string, message: string, code: ProblemCode, of?: 'key'): void =>
    void problems.push(problemAt(document, pointer, message, code, of));
  if (!value.enabled) {
    const message = 'An action cannot be disabled: disable the rules that use it, or remove it';
    complain('/enabled', message, 'unsupported');
  }

  const { runner_type: runner = 'shell', entry_point: entryPoint = '', workflow_file: workflowFile } = value;
  if (workflowFile === undefined) {
    const fault = entryPointFault(entryPoint, runner, files, pack);
    if (fault !== undefined) complain(entryPoint === '' ? '' : '/entry_point', fault.message, fault.code);
    if (value.runner === 'warm') {
      if (!warmRunners.some((one) => one === runner)) complain('/runner', needsFunctions(runner), 'wrong_value');
      for (const key of deliveryKeys) {
        const message = `"${key}" means nothing beside "runner: warm": run() takes its parameters and returns its result. Leave it out`;
        if (isGiven(document, key)) complain(`/${key}`, message, 'unknown_key', 'key');
      }
    }
  } else {
    for (const key of programKeys) {
      if (isGiven(document, key))
        complain(`/${key}`, `"${key}" means nothing beside "workflow_file"`, 'unknown_key', 'key');
    }
  }
  return {
    value: {
      ref: value.ref,
      label: value.label ?? labelOf(value.ref),
      description: value.description ?? null,
      runner_type: workflowFile === undefined ? runner : null,
      entry_point: workflowFile === undefined ? entryPoint : null,
      workflow_file: workflowFile === undefined ? null : `actions/${workflowFile}`,
      parameters: value.parameters ?? null,
      output: value.output ?? null,
      parameter_delivery: value.parameter_delivery,
      parameter_format: value.parameter_format,
      output_format: value.output_format,
      ...(value.runner === 'warm' && workflowFile === undefined ? { runner: value.runner } : {}),
      timeout_seconds: value.timeout_seconds ?? null,
      on_worker_lost: value.on_worker_lost,
      tags: value.tags,
      examples: value.examples,
    },
    problems,
  };
}

/** What is wrong with the entry point of a program; undefined if nothing. */
function entryPointFault(
  entryPoint: string,
  runner: RunnerType,
  files: PackFiles,
  pack: string,
): { code: ProblemCode; message: string } | undefined {
  if (entryPoint === '') {
    return { code: 'missing_key', message: 'The key "entry_point" is missing; it must be a file in actions/' };
  }
  if (entryPoint.startsWith(builtinPrefix)) {
    const fault = builtinFault(entryPoint.slice(builtinPrefix.length), runner, pack);
    return fault === undefined ? undefined : { code: 'wrong_value', message: fault };
  }
  const path = `actions/${entryPoint}`;
  if (!isSafePath(path)) {
    const message = `"entry_point" must be a file in actions/, not ${JSON.stringify(entryPoint)}`;
    return { code: 'wrong_value', message };
  }
  const file = files.get(path);
  if (file === undefined) {
    const there = [...files.keys()]
      .filter((other) => other.startsWith('actions/'))
      .map((other) => other.slice('actions/'.length));
    return { code: 'missing_file', message: `The pack has no file ${path}.${suggestion(entryPoint, there)}` };
  }
  if (runner === 'native' && file.mode !== executableMode) {
    const message = `${path} must be executable (mode 0755), for runner_type native runs the file itself`;
    return { code: 'wrong_file', message };
  }
  return undefined;
}

const needsFunctions = (runner: RunnerType): string =>
  `"runner: warm" needs runner_type python or nodejs, for nothing of a program of runner_type ${runner} can be called. ` +
  'Leave "runner" out: then each execution is a process';

function builtinFault(name: string, runner: RunnerType, pack: string): string | undefined {
  if (pack !== 'core') return 'Only the pack core has built-in entry points';
  if (runner !== 'native') return 'A built-in entry point needs runner_type: native';
  if (builtinNames.some((known) => known === name)) return undefined;
  return `There is no built-in "${name}".${suggestion(name, builtinNames)}`;
}

function isGiven(document: YamlDocument, key: string): boolean {
  const { value } = document;
  return typeof value === 'object' && value !== null && !Array.isArray(value) && (value[key] ?? null) !== null;
}
