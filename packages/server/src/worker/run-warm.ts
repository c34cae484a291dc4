import { stringifyJson, type JsonObject } from '@attune/core';
import type { Outcome } from '@attune/engine';
import type { Attempt, AttemptDeps, StreamName } from './attempt.ts';
import { answerOutcome, outcomeOf, stderrInResult, stdoutInResult, type StopCause } from './result.ts';
import type { Answer, WarmProcess } from './runner/warm-process.ts';
import { heldLog } from './secret-output.ts';
import { maskerOf, secretTexts } from './secrets.ts';
import type { Exit } from './spawn.ts';
import { askToEnd, endProcesses, killStrays } from './stop.ts';
import { sinkOf, viewOf, type Sink } from './stream.ts';
import { endOf } from './time-limit.ts';

/** Runs an action as a call of its function, in a process that other executions of it have used and will use; ends that process where
 *  the call is to stop.
 *  @throws CannotStart where there is no such process and none starts. */
export async function runWarm(
  attempt: Attempt,
  parameters: JsonObject,
  limit: AbortSignal,
  deps: AttemptDeps,
): Promise<Outcome> {
  const { action, timeout_seconds } = attempt;
  const started = performance.now();
  const lent = await deps.runners.borrow(attempt);
  const { process } = lent;
  deps.onSpawn?.(process.pid);
  const secrets = secretTexts(action.parameters, parameters);
  const held = heldLog(action.output, deps.append);
  const outputs = sinksOf(process, secrets, held?.append ?? deps.append);
  const answering = process.call(requestOf(attempt, parameters, deps, started), outputs);
  const stopped = await endOf(answering, limit, deps.signal);
  if (stopped !== undefined) {
    lent.giveUp();
    await stopCall(process, answering, deps);
  }
  const answer = await answering;
  lent.giveBack(answer);
  // the process may go on, but not what a failed call has started
  if (stopped === undefined && answer.kind !== 'returned') killStrays(new Set([deps.token]));
  await Promise.all([outputs.stdout.end(), outputs.stderr.end()]);
  const facts = {
    timeout_seconds,
    duration_ms: Math.round(performance.now() - started),
    stdout: viewOf(outputs.stdout),
    stderr: viewOf(outputs.stderr),
  };
  const outcome =
    stopped === undefined && answer.kind !== 'ended'
      ? answerOutcome({ ...facts, answer: masked(answer, secrets) })
      : outcomeOf({ ...facts, ...endingOf(answer, stopped), stopped, format: 'text' });
  return held === undefined ? outcome : await held.release(outcome);
}

/** How the process ended, or would have. One that ended by itself has not answered, whatever its code says. */
function endingOf(answer: Answer, stopped: StopCause): { exit: Exit; error?: string } {
  if (answer.kind !== 'ended') return { exit: { code: answer.kind === 'returned' ? 0 : 1, signal: null } };
  if (stopped !== undefined || answer.exit.code !== 0) return { exit: answer.exit };
  return { exit: { code: -1, signal: null }, error: 'The process ended with code 0 before run() returned' };
}

function sinksOf(
  process: WarmProcess,
  secrets: readonly string[],
  append: AttemptDeps['append'],
): Record<StreamName, Sink> {
  const sink = (stream: StreamName, remember: { from: 'beginning' | 'end'; bytes: number }) =>
    sinkOf(
      { append: (offset, bytes, isLast) => append(stream, offset, bytes, isLast), secrets, remember },
      process.streams[stream],
    );
  return {
    stdout: sink('stdout', { from: 'beginning', bytes: stdoutInResult }),
    stderr: sink('stderr', { from: 'end', bytes: stderrInResult }),
  };
}

/** One line. `env` marks what the call starts: the variables of a process belong to one execution too. */
function requestOf(attempt: Attempt, parameters: JsonObject, { token, apiUrl }: AttemptDeps, started: number): string {
  const { execution, action, pack_ref, rule_ref, trigger_ref, timeout_seconds } = attempt;
  const leftSeconds = timeout_seconds === null ? null : timeout_seconds - (performance.now() - started) / 1_000;
  const context: JsonObject = {
    execution_id: execution,
    attempt: attempt.attempt,
    action_ref: action.ref,
    pack_ref,
    rule_ref,
    trigger_ref,
    api_url: apiUrl ?? null,
    timeout_seconds,
    deadline: leftSeconds === null ? null : Date.now() / 1_000 + leftSeconds,
  };
  const env: JsonObject = {
    ATTUNE_EXEC_ID: execution,
    ATTUNE_ATTEMPT: String(attempt.attempt),
    ATTUNE_ATTEMPT_TOKEN: token,
    ATTUNE_API_URL: apiUrl ?? null,
    ATTUNE_RULE: rule_ref,
    ATTUNE_TRIGGER: trigger_ref,
  };
  return `${stringifyJson({ parameters, context, env })}\n`;
}

/** Asks the process to end, and ends it by force after the grace, unless the call ends before: there is no other way to end a call. */
async function stopCall(process: WarmProcess, answering: Promise<Answer>, deps: AttemptDeps): Promise<void> {
  const attempt = { pid: process.pid, token: deps.token };
  askToEnd(attempt);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deps.stopGraceSeconds * 1_000)));
  await Promise.race([answering, late]);
  clearTimeout(timer);
  await endProcesses(attempt);
}

function masked<A extends Answer>(answer: A, secrets: readonly string[]): A {
  if (!('payload' in answer) || secrets.length === 0) return answer;
  const masker = maskerOf(secrets);
  return { ...answer, payload: Buffer.concat([masker.push(answer.payload), masker.end()]) };
}
