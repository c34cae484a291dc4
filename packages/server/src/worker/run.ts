import { fillDefaults, formatProblem, validate, type JsonObject, type Problem } from '@attune/core';
import type { Outcome } from '@attune/engine';
import type { Attempt, AttemptDeps } from './attempt.ts';
import { isBuiltin, runBuiltin } from './builtin.ts';
import { CannotStart } from './command.ts';
import { notStarted } from './result.ts';
import { runProcess } from './run-process.ts';
import { runWarm } from './run-warm.ts';
import { startTimeLimit } from './time-limit.ts';

/** Runs one attempt from its parameters to its outcome. Whatever the action does is an outcome; what throws is a fault of the host,
 *  such as a full disk. The time limit covers all of it. */
export async function runAttempt(attempt: Attempt, deps: AttemptDeps): Promise<Outcome> {
  const schema = attempt.action.parameters;
  const parameters = fillDefaults(schema, attempt.parameters);
  // more than the schema names is allowed: `input: inherit` hands on whatever the parent had
  const problems = validate(schema, parameters, { unknown: 'allow' });
  if (problems.length > 0) return invalid(attempt, problems);
  if (deps.signal.aborted) {
    return { kind: 'cancelled', result: { succeeded: false, error: 'The action was cancelled before it started' } };
  }
  const limit = startTimeLimit(attempt.timeout_seconds);
  try {
    const run = isBuiltin(attempt) ? runBuiltin : attempt.action.runner === 'warm' ? runWarm : runProcess;
    return await run(attempt, parameters, limit.signal, deps);
  } catch (error) {
    if (error instanceof CannotStart) return notStarted(error.message);
    throw error;
  } finally {
    limit.clear();
  }
}

function invalid({ action }: Attempt, problems: readonly Problem[]): Outcome {
  const list = problems.map(formatProblem).join(', ');
  const details = problems.map(({ message, pointer = '' }): JsonObject => ({ message, pointer }));
  return notStarted(`Invalid parameters for action '${action.ref}': ${list}`, { details });
}
