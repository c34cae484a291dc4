import { fillDefaults, formatProblem, validate, type JsonObject, type Problem } from '@attune/core';
import type { Outcome } from '@attune/engine';
import type { Attempt, AttemptDeps } from './attempt.ts';
import { isBuiltin, runBuiltin, type BuiltinDeps } from './builtin.ts';
import { CannotStart } from './command.ts';
import { notStarted } from './result.ts';
import { runProcess } from './run-process.ts';
import { runWarm } from './run-warm.ts';
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
  return runBuiltin(attempt, parameters, deps).catch(outcomeOfFault);
}

function parametersOf({ action, parameters: given }: Attempt): {
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

function invalid({ action }: Attempt, problems: readonly Problem[]): Outcome {
  const list = problems.map(formatProblem).join(', ');
  const details = problems.map(({ message, pointer = '' }): JsonObject => ({ message, pointer }));
  return notStarted(`Invalid parameters for action '${action.ref}': ${list}`, { details });
}
