import type { Id } from '@attune/core';
import { executionQueue, leases, orphans, runTrees, type Database, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { endRun } from './end-run.ts';
import { lockRunFirst } from './lock-run.ts';
import { tellEnds } from './resume.ts';
import { lockTree } from './run-tree.ts';
import { standingsOf } from './standing.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 1_000;

/** Most that one sweep mends: with more there is something else the matter, which a person should see first. */
const mostMended = 1_000;

export interface OrphanSweep {
  /** Executions that had no owner and no reason to wait. */
  found: Id[];
  /** Those of them that were mended. */
  mended: Id[];
}

/** Looks for executions that are not final and that nothing will move: a run of a workflow with nothing alive below it, or something
 *  held for a pause that is over. There must be none; one that there is, left by a mistake or by somebody's own statement, is mended: a
 *  run that never began begins, one that lost its tasks ends with an error that says so, what is held is let go.
 *  @param onError told of each that could not be mended */
export async function sweepOrphans(db: Database, onError: (id: Id, error: unknown) => void): Promise<OrphanSweep> {
  const sweep: OrphanSweep = { found: [], mended: [] };
  for await (const suspects of suspectsOf(db)) {
    const standings = await standingsOf(db, suspects);
    for (const id of suspects) {
      if (standings.get(id)?.reason !== 'orphaned') continue;
      sweep.found.push(id);
      if (sweep.found.length > mostMended) continue;
      try {
        if (await inTransaction(db, (tx) => mend(tx, id))) sweep.mended.push(id);
        else sweep.found.pop(); // it was on its way when it was looked at
      } catch (error) {
        onError(id, error);
      }
    }
  }
  return sweep;
}

async function* suspectsOf(db: Database): AsyncGenerator<Id[]> {
  yield (await orphans.heldForNothing(db, batchSize)).map((row) => row.id);
  for (let after: Id | null = '0'; after !== null;) {
    const batch: Awaited<ReturnType<typeof orphans.idleRuns>> = await orphans.idleRuns(db, after, batchSize);
    if (batch.suspects.length > 0) yield batch.suspects;
    after = batch.last;
  }
}

/** @returns whether it was one: nothing else can move it while its run, and the run it is part of, are locked. */
async function mend(tx: Tx, id: Id): Promise<boolean> {
  await leases.waitBriefly(tx);
  const above = await lockRunFirst(tx, id);
  const tree = await lockTree(tx, id);
  const execution = await executionQueue.lock(tx, id);
  if (execution === undefined || (await standingsOf(tx, [id])).get(id)?.reason !== 'orphaned') return false;
  if (execution.status !== 'running' && execution.status !== 'canceling') {
    if (execution.parent !== null) await runTrees.release(tx, [execution.parent]);
    if (above !== undefined) await tellEnds(tx, [above.id]);
    return true;
  }
  if (tree === undefined) {
    await advance(tx, { kind: 'begun', execution });
    return true;
  }
  const isCancelled = execution.status === 'canceling';
  const error = isCancelled
    ? 'Workflow cancelled'
    : 'Nothing below this run was under way any more, and nothing would have moved it; a supervisor ended it';
  const outcome = { status: isCancelled ? 'cancelled' : 'failed', result: { error, succeeded: false } } as const;
  for (const turn of await endRun(tx, tree[0].id, execution, outcome)) await advance(tx, turn);
  return true;
}
