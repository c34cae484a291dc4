import type { JsonObject } from '@attune/core';
import { executionQueue, triggers, workflowExecutions, type Database, type EngineExecution, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { askWhere } from './ask.ts';
import { moveOf, type Outcome } from './outcome.ts';
import { resultHash, sealedResult } from './outputs.ts';
import { record } from './record.ts';
import { inTransaction } from './transaction.ts';

export interface Report {
  execution: string;
  lease_token: string;
  outcome: Outcome;
}

/** Ends an attempt and, in the same transaction, whatever follows from its end: emitted events, the next tasks of its workflow,
 *  the end of the workflow. One that asks a person gives its lease up instead and goes on waiting. A report of an attempt that no longer owns the execution is refused and kept as such; the same
 *  report twice is recorded once. */
export function finish(db: Database, reported: Report): Promise<'recorded' | 'refused'> {
  return inTransaction(db, async (tx) => {
    const locked = await workflowExecutions.lockOfTask(tx, reported.execution);
    const revision = locked === undefined ? await revisionOf(tx, reported.execution) : locked.task_revision;
    const result = await sealedResult(tx, revision, reported.outcome.result);
    const report = { ...reported, outcome: { ...reported.outcome, result } };
    const asking = await askWhere(tx, report, await withKnownTriggers(tx, report.outcome));
    if (asking.kind === 'not_its_own') return refuseOrRepeat(tx, report);
    const ended = asking.kind === 'ends' ? await end(tx, { ...report, outcome: asking.outcome }) : asking.execution;
    if (ended === undefined) return refuseOrRepeat(tx, report);
    for (const event of (asking.kind === 'ends' ? asking.outcome : report.outcome).events ?? []) {
      await record(tx, { ...event, source_ref: ended.action_ref, cause: ended.id });
    }
    if (asking.kind === 'ends' && ended.workflow_task !== null)
      await advance(tx, { kind: 'ended', execution: ended }, locked?.run);
    return 'recorded';
  });
}

/** An action that emits an event of a trigger that does not exist has failed, and says so. */
async function withKnownTriggers(tx: Tx, outcome: Outcome): Promise<Outcome> {
  for (const { trigger_ref } of outcome.events ?? []) {
    if ((await triggers.findByRef(tx, trigger_ref)) !== undefined) continue;
    const error = `There is no trigger '${trigger_ref}'; expected the ref of a registered one, as listed by 'attune trigger list'`;
    return { kind: 'failed', result: { ...outcome.result, succeeded: false, error } };
  }
  return outcome;
}

const revisionOf = async (tx: Tx, execution: string): Promise<string | null> =>
  (await executionQueue.find(tx, execution))?.revision ?? null;

async function end(tx: Tx, { execution, lease_token, outcome }: Report): Promise<EngineExecution | undefined> {
  const ending = {
    result: outcome.result,
    result_hash: resultHash(outcome.result),
    timed_out: outcome.kind === 'timed_out',
  };
  const ended = await executionQueue.end(tx, execution, { ...ending, move: moveOf[outcome.kind] }, lease_token);
  // nobody cancelled it, yet it was stopped: that is a failure
  if (ended === undefined && outcome.kind === 'cancelled') {
    return executionQueue.end(tx, execution, { ...ending, move: 'fail' }, lease_token);
  }
  return ended;
}

async function refuseOrRepeat(tx: Tx, report: Report): Promise<'recorded' | 'refused'> {
  const row = await executionQueue.find(tx, report.execution);
  const isRepeat = row?.lease_token === report.lease_token && row.status !== 'abandoned';
  if (isRepeat) return 'recorded';
  await executionQueue.keepLateReport(tx, report, report.outcome as unknown as JsonObject);
  return 'refused';
}
