import { breakPoint } from '@attune/db';
import type { JsonObject } from '@attune/core';
import type { Outcome } from '@attune/engine';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt, AttemptDeps, StreamName } from './attempt.ts';
import { commandOf } from './command.ts';
import { environmentOf } from './environment.ts';
import type { AttemptFolder } from './folder.ts';
import { formatParameters } from './parameters.ts';
import { outcomeOf, stderrInResult, stdoutInResult } from './result.ts';
import { heldLog } from './secret-output.ts';
import { secretTexts } from './secrets.ts';
import type { Spawned } from './spawn.ts';
import { endGroup, endProcesses, stopProcesses } from './stop.ts';
import { capture, streamLimit, viewOf, type Capture } from './stream.ts';
import { endOf } from './time-limit.ts';

/** Milliseconds for which streams are read on after the action has exited, if another process still holds them open. */
const drainMs = 500;

/** Runs an action as a process and waits for its end, or ends it when its time is up or it is to stop.
 *  @throws CannotStart where it does not start. */
export async function runProcess(
  attempt: Attempt,
  parameters: JsonObject,
  limit: AbortSignal,
  deps: AttemptDeps,
): Promise<Outcome> {
  const command = commandOf(attempt, deps.interpreters);
  const { runners } = deps;
  const folder = await runners.folders.take();
  const record = runners.records.add(deps.token);
  breakPoint('attempt.recorded');
  try {
    const started = performance.now();
    const program = {
      command,
      cwd: attempt.pack_dir,
      ...deliver(attempt, parameters, folder, deps),
      folder: folder.path,
    };
    const spawned = await runners.start(attempt, program, deps.token);
    breakPoint('attempt.spawned');
    record.spawned(spawned.pid);
    deps.onSpawn?.(spawned.pid);
    const held = heldLog(attempt.action.output, deps.append);
    const { stdout, stderr } = captureBoth(spawned, attempt, parameters, held?.append ?? deps.append);
    const stopped = await endOf(spawned.exited, limit, deps.signal);
    if (stopped !== undefined) await stopProcesses({ ...spawned, token: deps.token }, deps.stopGraceSeconds);
    const exit = await spawned.exited;
    breakPoint('attempt.exited');
    await Promise.all([stdout.finish(drainMs), stderr.finish(drainMs)]);
    // What an action leaves behind ends with it. Only a success may leave a daemon in a session of its own: after anything else
    // another attempt may follow, and nothing of this one may run beside it.
    if (stopped === undefined && exit.code === 0) await endGroup(spawned.pid);
    else await endProcesses({ pid: spawned.pid, token: deps.token });
    const outcome = outcomeOf({
      exit,
      stopped,
      timeout_seconds: attempt.timeout_seconds,
      duration_ms: Math.round(performance.now() - started),
      format: attempt.action.output_format,
      stdout: viewOf(stdout),
      stderr: viewOf(stderr),
    });
    return held === undefined ? outcome : await held.release(outcome);
  } finally {
    record.forget();
    runners.folders.giveBack(folder);
  }
}

/** The environment and the standard input that carry the parameters. */
function deliver(
  attempt: Attempt,
  parameters: JsonObject,
  folder: AttemptFolder,
  { token, baseEnvironment, apiUrl }: AttemptDeps,
): { env: Record<string, string>; input: string | undefined } {
  const { parameter_delivery, parameter_format } = attempt.action;
  const document = formatParameters(parameter_format, parameters);
  const byFile = parameter_delivery === 'file';
  const parameterFile = byFile ? join(folder.path, 'parameters') : undefined;
  if (parameterFile !== undefined) writeFileSync(parameterFile, document, { mode: 0o400, flag: 'wx' });
  return {
    env: environmentOf({ attempt, folders: folder, token, base: baseEnvironment, apiUrl, parameterFile }),
    input: byFile ? undefined : document,
  };
}

function captureBoth(
  spawned: Spawned,
  { action }: Attempt,
  parameters: JsonObject,
  append: AttemptDeps['append'],
): Record<StreamName, Capture> {
  const secrets = secretTexts(action.parameters, parameters);
  const appendTo = (stream: StreamName) => (offset: number, bytes: Buffer, isLast: boolean) =>
    append(stream, offset, bytes, isLast);
  // text is only shown; anything else has to be read as a whole
  const bytes = action.output_format === 'text' ? stdoutInResult : streamLimit;
  return {
    stdout: capture(spawned.stdout, { append: appendTo('stdout'), secrets, remember: { from: 'beginning', bytes } }),
    stderr: capture(spawned.stderr, {
      append: appendTo('stderr'),
      secrets,
      remember: { from: 'end', bytes: stderrInResult },
    }),
  };
}
