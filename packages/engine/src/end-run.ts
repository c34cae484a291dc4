import type { Id, JsonObject } from '@attune/core';
import { executionQueue, workflowExecutions, type EngineExecution, type Tx } from '@attune/db';
import { resultHash, sealedResult } from './outputs.ts';
import type { Turn } from './turn.ts';

/** Ends the execution of a run, which may in turn be a task of another run. */
export async function endRun(
  tx: Tx,
  run: Id,
  owner: EngineExecution,
  outcome: { status: 'completed' | 'failed' | 'cancelled' | 'timeout'; result: JsonObject },
): Promise<Turn[]> {
  const move = { completed: 'succeed', failed: 'fail', cancelled: 'stop', timeout: 'expire' } as const;
  await workflowExecutions.setStatus(tx, run, outcome.status, messageOf(outcome.result));
  // one task was cancelled, not the run: the machine knows no way from running to cancelled but through canceling
  if (outcome.status === 'cancelled') await executionQueue.move(tx, owner.id, 'cancel');
  const result = await sealedResult(tx, owner.revision, outcome.result);
  const ended = await executionQueue.end(
    tx,
    owner.id,
    {
      move: move[outcome.status],
      result,
      result_hash: resultHash(result),
      timed_out: outcome.status === 'timeout',
    },
    null,
  );
  return ended?.workflow_task ? [{ kind: 'ended', execution: ended }] : [];
}

const messageOf = (result: JsonObject): string | null => {
  const error = result['error'];
  return typeof error === 'string' ? error : null;
};
