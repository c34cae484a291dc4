import { executionQueue, type Database } from '@attune/db';
import { advance } from './advance.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Admits executions that wait for it, oldest first. No policy holds any back yet, so each becomes what it can be at once:
 *  `scheduled`, or for a workflow `running`.
 *  @returns how many were admitted. */
export const admit = (db: Database): Promise<number> =>
  inTransaction(db, async (tx) => {
    const waiting = await executionQueue.lockRequested(tx, batchSize);
    for (const execution of waiting) {
      const isWorkflow = execution.workflow_def !== null;
      const admitted = await executionQueue.move(tx, execution.id, isWorkflow ? 'begin' : 'admit');
      if (admitted !== undefined && isWorkflow) await advance(tx, { kind: 'begun', execution: admitted });
    }
    return waiting.length;
  });
