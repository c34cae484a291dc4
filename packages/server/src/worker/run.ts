import {
  fillDefaults,
  formatProblem,
  openSecrets,
  packOf,
  validate,
  type JsonObject,
  type Problem,
  type Vault,
} from '@attune/core';
import type { Outcome, RunAtOnce } from '@attune/engine';
import { publishStart } from './action-channel.ts';
import type { Attempt, AttemptDeps, RunnableAction } from './attempt.ts';
import { instantOf, isBuiltin, runBuiltin, type BuiltinDeps } from './builtin.ts';
import { CannotStart } from './command.ts';
import { notStarted } from './result.ts';
import { runProcess } from './run-process.ts';
import { runWarm } from './run-warm.ts';
import { piecesOf } from './stream.ts';
import { startTimeLimit } from './time-limit.ts';

/** Runs one attempt from its parameters to its outcome. Whatever the action does is an outcome; what throws is a fault of the host,
 *  such as a full disk. The time limit covers all of it. */
export async function runAttempt(attempt: Attempt, deps: AttemptDeps): Promise<Outcome> {
  if (isBuiltin(attempt)) return runInside(attempt, deps);
  const { parameters, problems } = parametersOf(attempt);
  if (problems.length > 0) return invalid(attempt, problems);
  if (deps.signal.aborted) {
    return { kind: 'cancelled', result: { succeeded: false, error: 'The action was cancelled before it started' } };
  }
  const limit = startTimeLimit(attempt.timeout_seconds);
  try {
    publishStart(attempt.action.ref, attempt.execution);
    const run = attempt.action.runner === 'warm' ? runWarm : runProcess;
    return await run(attempt, parameters, limit.signal, deps);
  } catch (error) {
    return outcomeOfFault(error);
  } finally {
    limit.clear();
  }
}

/** The same for a built-in, which needs less of its worker. */
export async function runInside(attempt: Attempt, deps: BuiltinDeps): Promise<Outcome> {
  const { parameters, problems } = parametersOf(attempt);
  if (problems.length > 0) return invalid(attempt, problems);
  publishStart(attempt.action.ref, attempt.execution);
  return runBuiltin(attempt, parameters, deps).catch(outcomeOfFault);
}

/** Runs an action that only computes, where it is one, as the engine asks for it while it takes or creates an execution. What cannot be run
 *  so is claimed, and fails by itself. */
export const runsAtOnce =
  (vault: Vault): RunAtOnce =>
  ({ action_ref, config, definition }) => {
    try {
      const action = definition as unknown as RunnableAction;
      const instant = instantOf(action, packOf(action_ref));
      if (instant === undefined) return undefined;
      const { parameters, problems } = parametersOf({ action, parameters: openSecrets(config ?? {}, vault) });
      if (problems.length > 0) return { outcome: invalid({ action }, problems), log: [] };
      publishStart(action_ref, null);
      const { outcome, stdout } = instant(parameters);
      return { outcome, log: stdout === '' ? [] : piecesOf('stdout', 0, Buffer.from(stdout)) };
    } catch {
      return undefined;
    }
  };

function parametersOf({ action, parameters: given }: Pick<Attempt, 'action' | 'parameters'>): {
  parameters: JsonObject;
  problems: readonly Problem[];
} {
  const parameters = fillDefaults(action.parameters, given);
  // more than the schema names is allowed: `input: inherit` hands on whatever the parent had
  return { parameters, problems: validate(action.parameters, parameters, { unknown: 'allow' }) };
}

function outcomeOfFault(error: unknown): Outcome {
  if (error instanceof CannotStart) return notStarted(error.message);
  throw error;
}

function invalid({ action }: Pick<Attempt, 'action'>, problems: readonly Problem[]): Outcome {
  const list = problems.map(formatProblem).join(', ');
  const details = problems.map(({ message, pointer = '' }): JsonObject => ({ message, pointer }));
  return notStarted(`Invalid parameters for action '${action.ref}': ${list}`, { details });
}
