import type { Json, JsonObject } from '@attune/core';
import type { Outcome } from '@attune/engine';
import type { OutputFormat } from './attempt.ts';
import { readOutput, tryJson, type Output } from './output.ts';
import type { Answer } from './runner/warm-process.ts';
import type { Exit } from './spawn.ts';
import { storable } from './storable.ts';

/** Most bytes of standard output that a result holds as text; the log holds more. */
export const stdoutInResult = 1024 * 1024;
/** Most bytes from the end of standard error that a result holds. */
export const stderrInResult = 64 * 1024;

/** Lines of standard error that make the error of a failed action, and most characters of them. */
const errorLines = 5;
const errorLength = 2_000;

/** Why an attempt was stopped; undefined where it ended by itself. */
export type StopCause = 'timed_out' | 'cancelled' | undefined;

/** What was seen of an attempt, however it ran. */
export interface Seen {
  timeout_seconds: number | null;
  duration_ms: number;
  stdout: { bytes: Buffer; total: number; dropped: number };
  stderr: { bytes: Buffer; total: number; dropped: number };
}

export interface Ended extends Seen {
  exit: Exit;
  stopped: StopCause;
  format: OutputFormat;
  /** What is wrong, where it is known better than the process could say it. */
  error?: string;
}

/** A call that was answered. */
export interface Answered extends Seen {
  answer: Exclude<Answer, { kind: 'ended' }>;
}

/** What becomes known of a process that ran: the outcome and the result view (`exit_code`, `duration_ms`, `succeeded`, `stdout`,
 *  `stderr_log`, `data`, `error` ...). The output of a failed action is read too, where it can be. */
export function outcomeOf(ended: Ended): Outcome {
  const { exit, stopped, stdout, stderr } = ended;
  const succeeded = stopped === undefined && exit.code === 0;
  const text = decode(stdout.bytes);
  const errorText = decode(stderr.bytes);
  const output: Output =
    stdout.dropped > 0 && ended.format !== 'text'
      ? { kind: 'unreadable', reason: 'The output is longer than what is kept of it' }
      : readOutput(ended.format, text);
  const result: JsonObject = {
    exit_code: exit.code ?? -1,
    duration_ms: ended.duration_ms,
    succeeded,
    ...(exit.signal === null ? {} : { signal: exit.signal }),
    ...(stopped === 'timed_out' ? { timed_out: true } : {}),
    ...(output.kind === 'data' ? { data: output.data } : stdoutView(stdout, text)),
    ...(output.kind === 'unreadable' ? { data_error: output.reason } : {}),
    ...restView(ended, errorText),
    ...(succeeded ? {} : { error: ended.error ?? exit.unseen ?? errorOf(ended, errorText) }),
  };
  return { kind: stopped ?? (succeeded ? 'succeeded' : 'failed'), result: asStorable(result) };
}

/** What becomes known of a call that was answered: the same view, with the codes that a process would have ended with. `data` is what the
 *  function returned. */
export function answerOutcome({ answer, ...seen }: Answered): Outcome {
  const succeeded = answer.kind === 'returned';
  const value: [Json] | undefined = 'payload' in answer ? tryJson(decode(answer.payload)) : [answer.reason];
  const result: JsonObject = {
    exit_code: succeeded ? 0 : 1,
    duration_ms: seen.duration_ms,
    succeeded,
    ...(succeeded ? dataView(value) : stdoutView(seen.stdout, decode(seen.stdout.bytes))),
    ...restView(seen, decode(seen.stderr.bytes)),
    ...(succeeded ? {} : { error: value?.[0] ?? 'run() failed' }),
  };
  return { kind: succeeded ? 'succeeded' : 'failed', result: asStorable(result) };
}

const dataView = (value: readonly [Json] | undefined): JsonObject =>
  value === undefined ? { data_error: 'What run() returned is not JSON without its secrets' } : { data: value[0] };

/** The outcome of an attempt whose action did not start. */
export const notStarted = (error: string, details: JsonObject = {}): Outcome => ({
  kind: 'failed',
  result: asStorable({ succeeded: false, error, ...details }),
});

/** A result as it can be kept; `escaped` names the places that had to be changed for it. */
export function asStorable(result: JsonObject): JsonObject {
  const { value, escaped } = storable(result);
  return escaped.length === 0 ? value : { ...value, escaped };
}

function stdoutView({ bytes, total }: Ended['stdout'], text: string): JsonObject {
  if (total === 0) return {};
  const short = bytes.length > stdoutInResult ? decode(bytes.subarray(0, stdoutInResult)) : text;
  return { stdout: short, ...(total > stdoutInResult ? { stdout_truncated: true } : {}) };
}

/** Standard error, and what is not kept of either stream. */
const restView = ({ stdout, stderr }: Seen, errorText: string): JsonObject => ({
  ...(stdout.dropped === 0 ? {} : { stdout_dropped_bytes: stdout.dropped }),
  ...(errorText === '' ? {} : { stderr_log: errorText }),
  ...(stderr.total > stderr.bytes.length ? { stderr_truncated: true } : {}),
  ...(stderr.dropped === 0 ? {} : { stderr_dropped_bytes: stderr.dropped }),
});

/** Says what happened; of a failure, what the action itself said last. */
function errorOf({ stopped, timeout_seconds, exit }: Ended, stderr: string): string {
  if (stopped === 'timed_out') return `The action was stopped at its time limit of ${timeout_seconds ?? 0} s`;
  if (stopped === 'cancelled') return 'The action was cancelled';
  const said = stderr.trimEnd().split('\n').slice(-errorLines).join('\n').trim().slice(-errorLength);
  if (said !== '') return said;
  return exit.signal === null
    ? `The action exited with code ${exit.code ?? -1}`
    : `The action was ended by ${exit.signal}`;
}

/** Bytes that are not UTF-8 become U+FFFD. */
const decode = (bytes: Buffer): string => new TextDecoder().decode(bytes);
