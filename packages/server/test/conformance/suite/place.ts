import { isFinal, type ExecutionStatus, type Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { keyOf, type RunKey } from './run-key.ts';

/** Where an attempt stands. */
export interface Place extends RunKey {
  execution: Id;
  /** The run at the top, which the case started. */
  root: Id;
  /** The run it is part of. */
  parent: Id;
  /** The tasks above it, outermost first. */
  above: string[];
}

interface TaskRow {
  id: Id;
  parent: Id | null;
  status: ExecutionStatus;
  task: string | null;
  visit: number | null;
  item: number | null;
  attempt: number | null;
}

const taskColumns = sql`
  e.id, e.parent, e.status, e.workflow_task->>'task_name' as task, (e.workflow_task->>'visit')::int as visit,
  (e.workflow_task->>'task_index')::int as item, (e.workflow_task->>'attempt')::int as attempt`;

export async function placeOf(db: Database, execution: Id): Promise<Place> {
  const rows = await db.many<TaskRow>(sql`
    with recursive up as (
      select ${taskColumns}, 0 as height from execution e where id = ${execution}
      union all
      select ${taskColumns}, height + 1 from execution e join up on e.id = up.parent)
    select * from up order by height desc`);
  const self = rows.at(-1);
  const [root] = rows;
  if (self?.parent == null || root === undefined) throw new Error(`Execution ${execution} is no task of a workflow`);
  const above = rows.slice(1, -1).map((row) => row.task ?? '');
  return { ...keyOfRow(self), execution, root: root.id, parent: self.parent, above };
}

/** The name of a place below the run at the top: `release > build`. */
export const nameOf = (place: Pick<Place, 'above'> & RunKey): string => [...place.above, keyOf(place)].join(' > ');

/** Finds an attempt by such a name, below a run; undefined while there is none. */
export async function findPlace(db: Database, run: Id, name: string): Promise<{ id: Id; isOver: boolean } | undefined> {
  const [key = '', ...below] = name.split(' > ');
  const rows = await db.many<TaskRow>(sql`select ${taskColumns} from execution e where parent = ${run} order by id`);
  const row = rows.find((one) => keyOf(keyOfRow(one)) === key);
  if (row === undefined) return undefined;
  return below.length === 0 ? { id: row.id, isOver: isOver(row, rows) } : findPlace(db, row.id, below.join(' > '));
}

/** An attempt that was lost and is followed by another one goes on in that one. */
function isOver(row: TaskRow, rows: readonly TaskRow[]): boolean {
  const isSame = (one: TaskRow) => one.task === row.task && one.visit === row.visit && one.item === row.item;
  const last = rows.findLast(isSame) ?? row;
  return row.status === 'abandoned' ? isFinal(last.status) : isFinal(row.status);
}

/** How many executions there are below one. */
export const countBelow = async (db: Database, root: Id): Promise<number> =>
  (
    await db.one<{ below: number }>(sql`
      with recursive down as (
        select id from execution where parent = ${root}
        union all
        select e.id from execution e join down on e.parent = down.id)
      select count(*)::int as below from down`)
  ).below;

const keyOfRow = ({ task, visit, item, attempt }: TaskRow): RunKey => ({
  task: task ?? '',
  visit: visit ?? 1,
  item,
  attempt: attempt ?? 1,
});
