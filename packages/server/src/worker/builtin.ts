import { builtinPrefix, isJsonObject, ownValue, stringifyJson, type Json, type JsonObject } from '@attune/core';
import type { Outcome } from '@attune/engine';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attempt, AttemptDeps, RunnableAction } from './attempt.ts';
import { CannotStart } from './command.ts';
import { asStorable } from './result.ts';
import { startTimeLimit, type TimeLimit } from './time-limit.ts';

/** What a built-in action did. */
interface Done {
  exit_code: number;
  /** As a process would write it to standard output. */
  stdout: string;
  data?: Json;
  events?: { trigger_ref: string; payload: Json }[];
}

/** @param stopping a signal that tells it to stop; most are done before anybody could */
type Builtin = (parameters: JsonObject, stopping: () => AbortSignal) => Done | Promise<Done>;

/** Those that only compute, and are done at once: they may be computed again. */
const instants: Record<string, (parameters: JsonObject) => Done> = {
  echo: (parameters) => ({ exit_code: 0, stdout: textOf(ownValue(parameters, 'message')) }),

  noop: (parameters) => ({
    exit_code: Number(ownValue(parameters, 'exit_code') ?? 0),
    stdout: textOf(ownValue(parameters, 'message')),
  }),
};

/** The actions of the pack `core` that need no process: `entry_point: builtin:<name>`. */
const builtins: Record<string, Builtin> = {
  ...instants,

  async sleep(parameters, stopping) {
    const seconds = Number(ownValue(parameters, 'seconds') ?? 0);
    await pause(seconds * 1000, undefined, { signal: stopping() });
    const message = textOf(ownValue(parameters, 'message'));
    return { exit_code: 0, stdout: `Slept for ${seconds} seconds${message === '' ? '' : `: ${message}`}` };
  },

  /** The event is recorded by the transaction that ends the execution, so it happens exactly once. */
  emit_event(parameters) {
    const trigger_ref = textOf(ownValue(parameters, 'trigger_ref'));
    const payload = ownValue(parameters, 'payload') ?? {};
    return { exit_code: 0, stdout: '', data: { trigger_ref }, events: [{ trigger_ref, payload }] };
  },
};

export const isBuiltin = ({ action }: Attempt): boolean =>
  action.runner_type === 'native' && action.entry_point.startsWith(builtinPrefix);

/** What a built-in needs of its worker. */
export type BuiltinDeps = Pick<AttemptDeps, 'signal' | 'append'>;

/** Runs a built-in. It is stopped by its signals only where it waits; the signals are made only then, for thousands a second do not.
 *  @throws CannotStart where there is no such built-in, or the pack may not use one. */
export async function runBuiltin(attempt: Attempt, parameters: JsonObject, deps: BuiltinDeps): Promise<Outcome> {
  const name = nameOf(attempt.action);
  const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  if (builtin === undefined || attempt.pack_ref !== 'core')
    throw new CannotStart(`There is no built-in '${name}' here`);
  const started = performance.now();
  const duration = () => Math.round(performance.now() - started);
  let limit: TimeLimit | undefined;
  let stop: AbortSignal | undefined;
  const stopping = () => {
    limit = startTimeLimit(attempt.timeout_seconds);
    return (stop = AbortSignal.any([limit.signal, deps.signal]));
  };
  try {
    const done = await builtin(parameters, stopping);
    if (done.stdout !== '') await deps.append('stdout', 0, Buffer.from(done.stdout));
    return outcomeOf(done, duration());
  } catch (error) {
    if (stop?.aborted !== true) throw error;
    const timedOut = limit?.signal.aborted === true;
    const reason = timedOut
      ? `The action was stopped at its time limit of ${attempt.timeout_seconds ?? 0} s`
      : 'The action was cancelled';
    return {
      kind: timedOut ? 'timed_out' : 'cancelled',
      result: {
        exit_code: -1,
        duration_ms: duration(),
        succeeded: false,
        ...(timedOut ? { timed_out: true } : {}),
        error: reason,
      },
    };
  } finally {
    limit?.clear();
  }
}

/** The built-in that an action is if it only computes and is done at once; undefined: it is another one. */
export const instantOf = (
  action: RunnableAction,
  pack_ref: string,
): ((parameters: JsonObject) => Instant) | undefined => {
  const name = nameOf(action);
  if (action.runner_type !== 'native' || pack_ref !== 'core' || !Object.hasOwn(instants, name)) return undefined;
  const instant = instants[name];
  return (
    instant &&
    ((parameters) => {
      const done = instant(parameters);
      return { stdout: done.stdout, outcome: outcomeOf(done, 0) };
    })
  );
};

/** How a built-in ended that was done at once, and what it would have written to standard output. */
export interface Instant {
  outcome: Outcome;
  stdout: string;
}

const nameOf = ({ entry_point }: RunnableAction): string =>
  entry_point.startsWith(builtinPrefix) ? entry_point.slice(builtinPrefix.length) : '';

function outcomeOf({ exit_code, stdout, data, events }: Done, duration_ms: number): Outcome {
  const succeeded = exit_code === 0;
  return {
    kind: succeeded ? 'succeeded' : 'failed',
    result: asStorable({
      exit_code,
      duration_ms,
      succeeded,
      ...(stdout === '' ? {} : { stdout }),
      ...(data === undefined ? {} : { data }),
      ...(succeeded ? {} : { error: `The action exited with code ${exit_code}` }),
    }),
    ...(events === undefined ? {} : { events }),
  };
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : stringifyJson(value, isJsonObject(value) ? 2 : undefined);
}
