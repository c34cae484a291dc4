import { contentHash, maskSecrets, type JsonObject } from '@attune/core';
import { breakPoint, executionQueue, workflowExecutions, type EngineExecution, type EndOf, type Tx } from '@attune/db';
import { sealedResult } from './outputs.ts';
import type { Turn } from './turn.ts';

/** How a run ends. */
export interface RunOutcome {
  status: 'completed' | 'failed' | 'cancelled' | 'timeout';
  result: JsonObject;
}

export interface EndingRun {
  run: string;
  owner: EngineExecution;
  outcome: RunOutcome;
}

// one task was cancelled, not the run: the machine knows no way from running to cancelled but through canceling
const movesTo = {
  completed: ['succeed'],
  failed: ['fail'],
  cancelled: ['stop'],
  timeout: ['expire'],
} as const satisfies Record<RunOutcome['status'], EndOf['moves']>;

/** Ends the executions of runs, which may in turn be tasks of other runs. */
export async function endRuns(tx: Tx, ending: readonly EndingRun[]): Promise<Turn[]> {
  if (ending.length === 0) return [];
  const statuses = ending.map(({ run, outcome }) => ({
    run,
    status: outcome.status,
    error: messageOf(outcome.result),
  }));
  tx.along(workflowExecutions.setStatuses(tx, statuses));
  const ends: EndOf[] = [];
  for (const { owner, outcome } of ending) {
    if (outcome.status === 'cancelled') await executionQueue.move(tx, owner.id, 'cancel');
    const result = await sealedResult(tx, owner.revision, outcome.result);
    ends.push({
      id: owner.id,
      moves: movesTo[outcome.status],
      result,
      result_hash: contentHash(maskSecrets(result)),
      timed_out: outcome.status === 'timeout',
      lease_token: null,
    });
  }
  const isTask = ending.some(({ owner }) => owner.workflow_task !== null);
  const ended = executionQueue.endMany(tx, ends);
  breakPoint('end_run.ended');
  if (!isTask) {
    tx.along(ended);
    return [];
  }
  return (await ended).flatMap((execution) => (execution.workflow_task ? [{ kind: 'ended', execution }] : []));
}

export const endRun = (tx: Tx, run: string, owner: EngineExecution, outcome: RunOutcome): Promise<Turn[]> =>
  endRuns(tx, [{ run, owner, outcome }]);

const messageOf = (result: JsonObject): string | null => {
  const error = result['error'];
  return typeof error === 'string' ? error : null;
};
