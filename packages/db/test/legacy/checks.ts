import { isDeepStrictEqual } from 'node:util';
import { parseJson, type Json } from '@attune/core';
import { sql, type Database } from '../../src/database.ts';
import type { OldTask, Legacy } from './generate.ts';
import type { Observed } from './observe.ts';

/** What is wrong with a consolidated database, as sentences; none when every value was kept. */
export async function faultsAfterUpgrade(
  db: Database,
  legacy: Legacy,
  before: Observed,
  after: Observed,
): Promise<string[]> {
  const faults: string[] = [];
  const expectEqual = (what: string, found: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(found, expected)) faults.push(`${what}: ${brief(found)} instead of ${brief(expected)}`);
  };
  const carried = youngest(legacy.tasks);

  const metadata = await db.many<{ id: string; absent: boolean; task: Json }>(sql`
    select id, workflow_task is null as absent, workflow_task as task from execution order by id`);
  for (const { id, absent, task } of metadata) {
    const row = carried.get(id);
    if (row === undefined) expectEqual(`execution ${id} outside any workflow holds SQL NULL`, absent, true);
    else expectEqual(`metadata of execution ${id}`, task, metadataOf(row));
  }

  for (const [table, rows] of Object.entries(before.rows)) {
    if (table === 'workflow_task_execution') continue;
    expectEqual(`rows of ${table}`, after.rows[table], rows);
  }
  expectEqual(
    'tables',
    Object.keys(after.rows),
    Object.keys(before.rows).filter((name) => name !== 'workflow_task_execution'),
  );

  const archive = await db.many<{ line: string; carried: boolean; id: string }>(sql`
    select (to_jsonb(a) - 'carried' - 'execution_updated')::text as line, carried, id
    from attune_archive.workflow_task_execution a order by 1`);
  expectEqual(
    'archived rows',
    archive.map(({ line }) => line),
    before.rows.workflow_task_execution,
  );
  expectEqual(
    'which rows were carried over',
    archive
      .filter((row) => row.carried)
      .map(({ id }) => id)
      .sort(),
    [...carried.values()].map(({ id }) => id).sort(),
  );

  expectEqual('triggers', after.triggers, before.triggers);
  expectEqual('trigger calls', after.noticed, before.noticed);
  expectEqual(
    'grants',
    after.grants,
    before.grants.filter((grant) => !show(grant).includes('workflow_task_execution')),
  );
  expectEqual('columns of workflow_task_detail', after.viewColumns, before.viewColumns);
  const detail = await db.many<{ line: string }>(sql`
    select (to_jsonb(v) - 'id' - 'status' - 'created' - 'updated')::text as line from workflow_task_detail v order by 1`);
  const shown = await db.many<{ line: string }>(sql`
    select jsonb_build_object('workflow_execution', a.workflow_execution, 'workflow_execution_id', w.execution, 'workflow_ref',
      'old.flow', 'task_name', task_name, 'task_index', task_index, 'task_batch', task_batch, 'retry_count', retry_count,
      'max_retries', max_retries, 'timed_out', timed_out, 'duration_ms', duration_ms, 'started_at', started_at, 'completed_at',
      completed_at)::text as line
    from attune_archive.workflow_task_execution a join workflow_execution w on w.id = a.workflow_execution
    where a.id = any(${[...carried.values()].map(({ id }) => id)}::bigint[]) order by 1`);
  expectEqual('rows of workflow_task_detail', detail, shown);

  faults.push(...(await faultsOfRules(db)));
  return faults;
}

/** The rules that hold from now on: tried in transactions that are rolled back. */
async function faultsOfRules(db: Database): Promise<string[]> {
  const faults: string[] = [];
  const expectRefused = async (what: string, script: string, by: RegExp) => {
    const attempt = db.transaction(async (tx) => {
      await tx.list(sql.raw(script));
      throw new Error('accepted');
    });
    const message = await attempt.then(
      () => 'accepted',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    if (!by.test(message)) faults.push(`${what}: ${message}`);
  };
  // the generator's triggers notify at too great a length
  const changed = (change: string) =>
    `alter table attune.execution disable trigger user;
     alter table attune.execution enable trigger execution_workflow_task_check;
     update attune.execution set workflow_task = ${change}
     where id = (select min(id) from attune.execution where workflow_task is not null)`;
  const task = (change: string, id = -1) =>
    `insert into attune.execution (id, action_ref, workflow_task)
     select ${id}, 'x', ${change} from attune.execution where workflow_task is not null limit 1`;
  await expectRefused('JSON null', task(`'null'::jsonb`), /execution_workflow_task_check/);
  await expectRefused('a missing key', task(`workflow_task - 'timed_out'`), /execution_workflow_task_check/);
  await expectRefused(
    'a count as text',
    task(`workflow_task || '{"retry_count": "0"}'`),
    /execution_workflow_task_check/,
  );
  await expectRefused('a key taken away', changed(`workflow_task - 'timed_out'`), /execution_workflow_task_check/);
  const nowhere = `workflow_task || '{"workflow_execution": 0}'`;
  await expectRefused('a run that does not exist', task(nowhere), /does not exist: 0/);
  await expectRefused('moved to a run that does not exist', changed(nowhere), /does not exist: 0/);
  await expectRefused('no instant', task(`workflow_task || '{"next_retry_at": "soon"}'`), /next_retry_at is "soon"/);
  await expectRefused(
    'the same attempt twice',
    `${task(`workflow_task || '{"attempt": 1}'`)}; ${task(`workflow_task || '{"attempt": 1}'`, -2)}`,
    /execution_workflow_task_idx/,
  );
  const indexes = await db.many<{ name: string }>(sql`
    select indexrelid::regclass::text as name from pg_index
    where indrelid = 'attune.execution'::regclass and indexrelid::regclass::text like '%workflow%' order by 1`);
  const names = indexes.map(({ name }) => name.replace('attune.', ''));
  for (const name of [
    'execution_workflow_retry_idx',
    'execution_workflow_task_idx',
    'execution_workflow_timed_out_idx',
  ]) {
    if (!names.includes(name)) faults.push(`index ${name} is missing`);
  }
  const left = await db
    .transaction(async (tx) => {
      await tx.run(sql`delete from attune.workflow_execution`);
      const { left } = await tx.one<{ left: string }>(
        sql`select count(*) as left from attune.execution where workflow_task is not null`,
      );
      throw new Left(left);
    })
    .catch((error: unknown) => (error instanceof Left ? error.message : `an error: ${String(error)}`));
  if (left !== '0') faults.push(`deleting all workflow executions leaves tasks: ${left}`);
  return faults;
}

class Left extends Error {}

/** What is wrong after the way back; none when the database is as it was before the upgrade. */
export function faultsAfterRollback(before: Observed, after: Observed): string[] {
  const faults: string[] = [];
  for (const key of Object.keys(before) as (keyof Observed)[]) {
    if (!isDeepStrictEqual(after[key], before[key])) faults.push(`${key}: ${firstDifference(after[key], before[key])}`);
  }
  return faults;
}

/** The documented rule for several old rows of one execution: the highest id is carried over. */
export function youngest(tasks: readonly OldTask[]): Map<string, OldTask> {
  const found = new Map<string, OldTask>();
  for (const row of tasks) {
    const other = found.get(row.execution);
    if (other === undefined || BigInt(row.id) > BigInt(other.id)) found.set(row.execution, row);
  }
  return found;
}

function metadataOf(row: OldTask): Json {
  const int64 = (digits: string) => parseJson(digits);
  return {
    workflow_execution: int64(row.workflow_execution),
    task_name: row.task_name,
    task_index: row.task_index,
    task_batch: row.task_batch,
    retry_count: row.retry_count,
    max_retries: row.max_retries,
    next_retry_at: row.next_retry_at?.utc ?? null,
    timeout_seconds: row.timeout_seconds,
    timed_out: row.timed_out,
    duration_ms: row.duration_ms === null ? null : int64(row.duration_ms),
    started_at: row.started_at?.utc ?? null,
    completed_at: row.completed_at?.utc ?? null,
  };
}

const brief = (value: unknown) => show(value).slice(0, 300);

function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) as
    string | undefined;
  return text ?? 'undefined';
}

function firstDifference(found: unknown, expected: unknown): string {
  const [left, right] = [show(found), show(expected)];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const from = Math.max(0, at - 60);
  return `…${left.slice(from, at + 120)} instead of …${right.slice(from, at + 120)}`;
}
