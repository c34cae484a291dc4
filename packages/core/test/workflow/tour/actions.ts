import { isJsonObject, type Json, type JsonObject } from '@attune/core';
import type { Outcome } from '../../../src/workflow/conductor/step.ts';
import type { Behaviour } from '../../../../server/test/conformance/suite/expectation.ts';

/** How an attempt of an action ends where no worker carries it out. */
export interface Ending {
  outcome: Outcome;
  result: Json;
}

/** What the built-in actions of the pack `core` do, and for any other action what the tour says. */
export function endingOf(action: string, input: JsonObject, behaviour: Behaviour): Ending {
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : '');
  switch (action) {
    case 'core.echo':
      return exited(0, { stdout: text('message') });
    case 'core.noop':
      return exited(Number(input['exit_code'] ?? 0), { stdout: text('message') });
    case 'core.sleep':
      return exited(0, { stdout: `Slept for ${Number(input['seconds'])} seconds` });
    case 'core.ask':
      return behaviour.answer === undefined
        ? { outcome: 'timed_out', result: { succeeded: false, timed_out: true, error: 'Nobody answered in time' } }
        : { outcome: 'succeeded', result: { response: behaviour.answer } };
    default:
      return scripted(behaviour);
  }
}

function scripted(behaviour: Behaviour): Ending {
  const { outcome, result, stdout, error, answer } = behaviour;
  if (answer !== undefined && isJsonObject(result)) {
    const { __inquiry: _, ...data } = result;
    const rest = { exit_code: 0, duration_ms: 0, succeeded: true, data };
    return { outcome, result: { ...rest, response: answer, __inquiry_id: '1' } };
  }
  const output: JsonObject = stdout === undefined ? { data: result } : { stdout };
  switch (outcome) {
    case 'succeeded':
      return exited(0, output);
    case 'failed':
      return exited(1, output, error);
    case 'timed_out':
      return {
        outcome,
        result: { exit_code: -1, duration_ms: 0, succeeded: false, timed_out: true, error: 'too late' },
      };
    case 'abandoned':
      return { outcome, result: { succeeded: false, error: 'The worker was lost' } };
  }
}

function exited(code: number, output: JsonObject, error = `The action exited with code ${code}`): Ending {
  const succeeded = code === 0;
  const { stdout, ...rest } = output;
  return {
    outcome: succeeded ? 'succeeded' : 'failed',
    result: {
      exit_code: code,
      duration_ms: 0,
      succeeded,
      ...rest,
      ...(stdout === undefined || stdout === '' ? {} : { stdout }),
      ...(succeeded ? {} : { error }),
    },
  };
}
