import { isFinal, livingStatuses, pairsOf, type Id, type JsonObject, type Move } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { awaitingRetry, endedTask } from './workflow-task.ts';

// What is done to a run and all that is below it, whatever its size: one statement for all rows, each a move of the machine. The
// caller holds the lock of every living run in the tree (`lockLevel`, from the top down), so no child can come into being unseen.

/** A living run somewhere in a tree. */
export interface RunInTree {
  id: Id;
  /** Its own execution. */
  execution: Id;
  /** The execution it is a task of. */
  parent: Id | null;
  /** The execution whose pause holds it; null where it is not paused. */
  paused_by: Id | null;
}

const run = sql.raw('w.id, w.execution, e.parent, w.paused_by');
// (those it may be, and not those it may not: only so are they looked up in the index)
const living = sql.raw(`e.status in (${livingStatuses.map((status) => `'${status}'`).join(', ')})`);

/** The run of an execution, locked; undefined where it is not one of a workflow. */
export const lockRoot = (tx: Tx, execution: Id): Promise<RunInTree | undefined> =>
  tx.maybe<RunInTree>(sql`
    select ${run} from workflow_execution w join execution e on e.id = w.execution
    where w.execution = ${execution} and w.revision is not null
    for update of w`);

/** The living runs right below these executions, locked. Once the locks are held the next level can be read: nothing is added to
 *  it any more. */
export const lockLevel = (tx: Tx, parents: readonly Id[]): Promise<RunInTree[]> =>
  tx.many<RunInTree>(sql`
    select ${run} from execution e join workflow_execution w on w.execution = e.id and w.revision is not null
    where e.parent = any(${parents}::bigint[]) and e.workflow_def is not null and ${living}
    order by w.id
    for update of w`);

/** How an execution ends: its result with the result's hash. */
export interface SharedEnding {
  result: JsonObject;
  result_hash: string;
}

/** What ends with the `SharedEnding`: the status, and all that goes with it. */
const ended = (ending: SharedEnding) => sql`
  result = ${jsonb(ending.result)}, result_hash = ${ending.result_hash}, completed_at = attune.clock(), lease_until = null,
  held = false, updated = attune.clock(), workflow_task = ${endedTask(sql<boolean>`false`)}`;

/** The pairs of a move that lead to, or not to, a final status; for `from`. */
function pairs(move: Move, final: boolean) {
  const chosen = pairsOf(move).filter(({ next }) => isFinal(next) === final);
  return sql`unnest(${chosen.map((pair) => pair.was)}::execution_status_enum[],
    ${chosen.map((pair) => pair.next)}::execution_status_enum[]) as m(was, next)`;
}

/** Cancels what has not started of the children of these executions. A claim that comes first wins; `tellToStop` then sees it. */
export const cancelWaiting = (tx: Tx, parents: readonly Id[], ending: SharedEnding): Promise<number> =>
  tx.run(sql`
    update execution e set status = m.next, ${ended(ending)}
    from ${pairs('cancel', true)}
    where e.parent = any(${parents}::bigint[]) and e.status = m.was`);

/** Moves running children of these executions to `canceling`: nested runs and what waits for a person always, what a worker runs
 *  where `stopRunning` says so. */
export const tellToStop = (
  tx: Tx,
  parents: readonly Id[],
  asked: readonly Id[],
  stopRunning: boolean,
): Promise<number> =>
  tx.run(sql`
    update execution e set status = m.next, updated = attune.clock()
    from ${pairs('cancel', false)}
    where e.parent = any(${parents}::bigint[]) and e.status = m.was
      and (${stopRunning} or e.workflow_def is not null or e.id = any(${asked}::bigint[]))`);

/** Ends executions that are `canceling` and that nobody runs. */
export const endStopped = (tx: Tx, ids: readonly Id[], ending: SharedEnding): Promise<number> =>
  tx.run(sql`
    update execution e set status = m.next, ${ended(ending)}
    from ${pairs('stop', true)}
    where e.id = any(${ids}::bigint[]) and e.status = m.was`);

/** Which of these executions have a living child that is not one of a nested run. */
export const withLivingTask = async (tx: Tx, parents: readonly Id[]): Promise<Id[]> =>
  (
    await tx.many<{ parent: Id }>(sql`
    select distinct e.parent from execution e
    where e.parent = any(${parents}::bigint[]) and e.workflow_def is null and ${living}`)
  ).map((row) => row.parent);

/** Gives up the retries that children of these executions wait for. */
export const giveUpRetries = (tx: Tx, parents: readonly Id[]): Promise<number> =>
  tx.run(sql`
    update execution e set workflow_task = e.workflow_task || '{"next_retry_at": null}', held = false, updated = attune.clock()
    where e.parent = any(${parents}::bigint[]) and ${awaitingRetry}`);

/** Says of runs that they are being cancelled, or have been. Whatever they were paused for is over. */
export const setCancelled = (tx: Tx, canceling: readonly Id[], cancelled: readonly Id[]): Promise<number> =>
  tx.run(sql`
    update workflow_execution
    set status = case when id = any(${cancelled}::bigint[]) then 'cancelled' else 'canceling' end::execution_status_enum,
      error_message = case when id = any(${cancelled}::bigint[]) then 'Workflow cancelled' else error_message end,
      updated = attune.clock()
    where id = any(${[...canceling, ...cancelled]}::bigint[])`);

/** Lets runs be held by the pause of `by`; the reason is that pause's. Their executions count as changed. */
export const pause = (tx: Tx, runs: readonly Id[], by: Id, reason: string | null): Promise<number> =>
  tx.run(sql`
    with held as (
      update workflow_execution set paused = true, paused_by = ${by}, pause_reason = ${reason}, updated = attune.clock()
      where id = any(${runs}::bigint[])
      returning execution)
    update execution e set updated = attune.clock() from held where e.id = held.execution`);

/** Lets go of runs. Their executions count as changed. */
export const unpause = (tx: Tx, runs: readonly Id[]): Promise<number> =>
  tx.run(sql`
    with released as (
      update workflow_execution set paused = false, paused_by = null, pause_reason = null, updated = attune.clock()
      where id = any(${runs}::bigint[])
      returning execution)
    update execution e set updated = attune.clock() from released where e.id = released.execution`);

/** Holds what has not started, and what waits to be tried again, of the children of these executions. Who claims first wins. */
export async function hold(tx: Tx, parents: readonly Id[]): Promise<void> {
  const takenBack = pairsOf('hold');
  await tx.run(sql`
    update execution e set status = case when e.status = m.was then m.next else e.status end, held = true, updated = attune.clock()
    from unnest(${takenBack.map((pair) => pair.was)}::execution_status_enum[],
      ${takenBack.map((pair) => pair.next)}::execution_status_enum[]) as m(was, next)
    where e.parent = any(${parents}::bigint[]) and (e.status = m.was or e.status in ('requested', 'scheduling')) and not e.held`);
  await tx.run(sql`
    update execution e set held = true, updated = attune.clock()
    where e.parent = any(${parents}::bigint[]) and ${awaitingRetry} and not e.held`);
}

/** Lets go of what `hold` held: it waits for admission, or for its next attempt. */
export const release = (tx: Tx, parents: readonly Id[]): Promise<number> =>
  tx.run(sql`
    update execution e set held = false, updated = attune.clock() where e.parent = any(${parents}::bigint[]) and e.held`);

/** The end of an execution that its run has not been told of, because it was paused. */
export interface PausedEnd {
  execution: Id;
  /** Its worker was lost, and it is to be started again instead. */
  restarts: boolean;
}

/** Keeps an end until the run is resumed. */
export const keepEnd = (tx: Tx, run: Id, end: PausedEnd): Promise<number> =>
  tx.run(sql`
    insert into paused_end (workflow_execution, execution, restarts) values (${run}, ${end.execution}, ${end.restarts})`);

/** Takes the ends that were kept for these runs, in the order they came. */
export const takeEnds = (tx: Tx, runs: readonly Id[]): Promise<PausedEnd[]> =>
  tx.many<PausedEnd>(sql`
    with taken as (
      delete from paused_end where workflow_execution = any(${runs}::bigint[]) returning id, execution, restarts)
    select execution, restarts from taken order by id`);
