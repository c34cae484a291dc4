import type { Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { fileOf } from '../../core/test/workflow/model/file.ts';
import { explainExecution, rerunExecution } from '../src/index.ts';
import { runAll, type Attempt, type Ending } from './model.ts';
import { runOf, startFlow } from './play.ts';
import { digitOf, registerWorkflow, workflows } from './random.ts';

const endingBy =
  (salt: number, mayFail: boolean) =>
  ({ task_name, visit, task_index, attempt }: Attempt): Ending => {
    const n = digitOf(`${task_name} ${salt} ${visit}`);
    const fails = mayFail && digitOf(`${salt} ${task_name} ${visit} ${attempt} ${task_index ?? ''}`) > 6;
    return { kind: fails ? 'failed' : 'succeeded', data: { n } };
  };

const rerunFailed = (db: Database, execution: Id): Promise<Id> =>
  db.transaction(async (tx) => {
    const asked = {
      mode: 'failed',
      from: null,
      reset_items: false,
      latest: false,
      parameters: {},
      executor: null,
    } as const;
    return (await rerunExecution(tx, { execution, ...asked })).id;
  });

interface Pair {
  task: string;
  reused: boolean;
  why: string | null;
  was: string | null;
  same: boolean;
  started: boolean;
}

/** The task executions of a re-run that are first attempts, each beside the last attempt of the same run of the task before. */
const pairs = (db: Database, before: Id, after: Id): Promise<Pair[]> =>
  db.many<Pair>(sql`
    select n.workflow_task->>'task_name' as task, n.workflow_task ? 'reused_from' as reused,
      n.workflow_task->>'not_reused' as why, o.status as was, coalesce(n.status = o.status and n.result = o.result, false) as same,
      n.started_at is not null as started
    from execution n
    left join lateral (
      select * from execution o
      where o.parent = ${before} and o.workflow_task->'task_name' = n.workflow_task->'task_name'
        and o.workflow_task->'position' = n.workflow_task->'position'
        and o.workflow_task->'task_index' = n.workflow_task->'task_index'
      order by (o.workflow_task->>'attempt')::int desc limit 1) o on true
    where n.parent = ${after} and (n.workflow_task->>'attempt')::int = 1 order by n.id`);

test('whatever the workflow: what completed runs again only where it follows a failure or is given something else', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  let [reused, anew] = [0, 0];
  for (const [salt, definition] of workflows(20_260_206, 40).entries()) {
    await registerWorkflow(db, definition);
    const first = await startFlow(db);
    await runAll(db, endingBy(salt, true), (living) => salt % living);
    const second = await rerunFailed(db, first);
    await runAll(db, endingBy(salt, false), () => 0);
    const file = `seed 20260206, workflow ${salt}:\n${fileOf(definition)}`;
    for (const pair of await pairs(db, first, second)) {
      if (pair.reused) {
        expect([pair.same, pair.started], file).toEqual([true, false]);
        reused += 1;
      } else {
        if (pair.was === 'completed') expect(['follows', 'input_differs'], file).toContain(pair.why);
        if (pair.was === null) expect(['follows', 'no_recorded_run'], file).toContain(pair.why);
        anew += 1;
      }
    }
    for (const id of [first, second]) {
      expect((await explainExecution(db, id)) as unknown, file).toMatchObject({
        workflow: { replay: { agrees: true } },
      });
    }
  }
  expect(Math.min(reused, anew)).toBeGreaterThan(30);
}, 240_000);

test('whatever the workflow: where everything succeeded nothing runs, and the result is the same', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  let completed = 0;
  for (const [salt, definition] of workflows(7, 25).entries()) {
    await registerWorkflow(db, definition);
    const first = await startFlow(db);
    await runAll(db, endingBy(salt, false), () => 0);
    const before = await runOf(db, first);
    if (before.status !== 'completed') continue;
    const { failed } = await db.one<{ failed: boolean }>(sql`
      select coalesce(bool_or(status <> 'completed'), false) as failed from execution where parent = ${first}`);
    if (failed) continue;
    const second = await rerunFailed(db, first);
    const after = await runOf(db, second);
    expect([after.status, after.result], fileOf(definition)).toEqual([before.status, before.result]);
    completed += 1;
  }
  expect(completed).toBeGreaterThan(3);
}, 240_000);
