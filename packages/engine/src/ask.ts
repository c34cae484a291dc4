import {
  askedIn,
  askEntryPoint,
  contentHash,
  formatProblem,
  questionPointer,
  readQuestion,
  type Assignee,
  type Id,
  type Json,
  type JsonObject,
  type Problem,
  type Question,
} from '@attune/core';
import {
  breakPoint,
  executionQueue,
  identities,
  inquiries,
  revisions,
  type EngineExecution,
  type Lease,
  type Tx,
} from '@attune/db';
import type { Turn } from './turn.ts';
import type { Outcome } from './outcome.ts';

/** Begins an execution of `core.ask`: the question is put, and the execution is `running` until it was answered. What cannot be asked
 *  fails. */
export async function ask(tx: Tx, execution: EngineExecution): Promise<Turn[]> {
  const asked = { ...execution.config, timeout_seconds: execution.timeout_seconds };
  const read = (await isQuestion(tx, execution)) ? await questionFrom(tx, asked, '') : { problems: [lost] };
  if ('asked' in read) {
    await inquiries.insert(tx, { ...read.asked, execution: execution.id, action_result: null });
    breakPoint('inquiry.asked');
    return [];
  }
  const message = `Invalid parameters for action '${execution.action_ref}'`;
  const error: JsonObject = { kind: 'invalid_input', message, details: read.problems as unknown as JsonObject[] };
  const result: JsonObject = { succeeded: false, error };
  const ending = { move: 'fail' as const, result, result_hash: contentHash(result), timed_out: false };
  const ended = await executionQueue.end(tx, execution.id, ending, null);
  return ended?.workflow_task ? [{ kind: 'ended', execution: ended }] : [];
}

/** Nothing else begins without a worker and without a workflow. A row of a workflow whose definition was deleted has lost it. */
async function isQuestion(tx: Tx, { revision: hash }: EngineExecution): Promise<boolean> {
  const revision = hash === null ? undefined : await revisions.find(tx, hash);
  return revision?.definition['entry_point'] === askEntryPoint;
}

const lost: Problem = { message: 'The execution names neither a runtime nor a workflow, so nothing can run it' };

/** What becomes of an attempt that reports its outcome. */
export type Asking =
  | { kind: 'ends'; outcome: Outcome }
  /** Its process has ended, and the execution waits for a person. */
  | { kind: 'asks'; execution: EngineExecution }
  /** The report is not the owner's, or was recorded before. */
  | { kind: 'not_its_own' };

/** Puts the question that an outcome holds under `__inquiry`, and lets the execution wait for the answer. Where it is not a question the
 *  attempt has failed; where it is being cancelled nobody is asked. */
export async function askWhere(tx: Tx, lease: Lease, outcome: Outcome): Promise<Asking> {
  const found = outcome.kind === 'succeeded' ? askedIn(outcome.result) : undefined;
  if (found === undefined) return { kind: 'ends', outcome };
  const read = await questionFrom(tx, found.asked, questionPointer);
  if (!('asked' in read)) return { kind: 'ends', outcome: notAQuestion(outcome, read.problems) };
  const waiting = await executionQueue.giveUpLease(tx, lease);
  if (waiting !== undefined) {
    await inquiries.insert(tx, { ...read.asked, execution: waiting.id, action_result: found.rest });
    return { kind: 'asks', execution: waiting };
  }
  const row = await executionQueue.find(tx, lease.execution);
  if (row?.status !== 'canceling' || row.lease_token !== lease.lease_token) return { kind: 'not_its_own' };
  const result = { ...outcome.result, succeeded: false, error: 'Cancelled before its question was put' };
  return { kind: 'ends', outcome: { kind: 'cancelled', result } };
}

function notAQuestion(outcome: Outcome, problems: readonly Problem[]): Outcome {
  const error = `What the action asks is no question: ${problems.map(formatProblem).join('; ')}`;
  const details = problems.map(({ message, pointer = '' }): JsonObject => ({ message, pointer }));
  return { kind: 'failed', result: { ...outcome.result, succeeded: false, error, details } };
}

type Asked = Omit<Question, 'assigned_to' | 'response_schema'> & {
  assigned_to: Id | null;
  response_schema: JsonObject | null;
};

/** Reads a question, and finds who is asked. */
async function questionFrom(
  tx: Tx,
  value: Json,
  pointer: string,
): Promise<{ asked: Asked } | { problems: readonly Problem[] }> {
  const { question, problems } = readQuestion(value, pointer);
  if (question === undefined) return { problems };
  const { assigned_to: assignee, ...rest } = question;
  const assigned_to = assignee === null ? null : await identityOf(tx, assignee);
  if (assigned_to !== undefined) return { asked: { ...rest, assigned_to } };
  const message = `There is no identity '${assignee?.login ?? ''}'; expected the id or the login of one`;
  return { problems: [{ message, pointer: `${pointer}/assigned_to` }] };
}

async function identityOf(tx: Tx, { id, login }: Assignee): Promise<Id | undefined> {
  return (await identities.idOf(tx, id, login))?.id;
}
