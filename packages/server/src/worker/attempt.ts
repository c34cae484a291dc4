import type { ActionDefinition, Id, JsonObject, RunnerType } from '@attune/core';
import type { Interpreters } from './interpreters.ts';
import type { Runners } from './runner/index.ts';

export type ParameterFormat = ActionDefinition['parameter_format'];
export type OutputFormat = ActionDefinition['output_format'];
export type StreamName = 'stdout' | 'stderr';

/** The part of an action's definition that running it needs. */
export interface RunnableAction extends Pick<
  ActionDefinition,
  'ref' | 'parameters' | 'output' | 'parameter_delivery' | 'parameter_format' | 'output_format' | 'runner'
> {
  runner_type: RunnerType;
  /** File in the pack's `actions/`, or `builtin:<name>` for the pack `core`. */
  entry_point: string;
}

/** One attempt at an execution. */
export interface Attempt {
  execution: Id;
  /** Number among the attempts at the same work, 1 for the first. */
  attempt: number;
  action: RunnableAction;
  pack_ref: string;
  /** Absolute path of the pack's files, which is also the working directory. */
  pack_dir: string;
  parameters: JsonObject;
  /** Longest the attempt may take, in seconds; null: no limit. */
  timeout_seconds: number | null;
  /** The rule and the trigger that led to the execution, for one that a rule started. */
  rule_ref: string | null;
  trigger_ref: string | null;
}

/** What an attempt needs of its worker. */
export interface AttemptDeps {
  interpreters: Interpreters;
  runners: Runners;
  /** Marks every process of the attempt, in its environment: how those that left their group are found. */
  token: string;
  /** PATH, LANG, TZ and what the configuration allows through. */
  baseEnvironment: Readonly<Record<string, string>>;
  /** Where the API answers; undefined where the worker does not know. */
  apiUrl: string | undefined;
  /** Aborted when the attempt is to stop before its end: it was cancelled, or its lease is lost. */
  signal: AbortSignal;
  /** Seconds between SIGTERM and SIGKILL. */
  stopGraceSeconds: number;
  /** Keeps a piece of output, in order per stream; resolves when it takes the next one. Must not reject.
   *  `isLast`: the stream has ended, and this is all that was left of it. */
  append: (stream: StreamName, offset: number, bytes: Buffer, isLast?: boolean) => Promise<void>;
  /** Called right after the main process started. */
  onSpawn?: (pid: number) => void;
}
