import { migrate, sql, type Database } from '@attune/db';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
import { claim, finish, retry } from '../src/index.ts';
import { installAction, installWorker } from './support.ts';

const migrations = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@attune/db/package.json')),
  'migrations',
);
const founding = await readFile(path.join(migrations, '20260101000000_baseline.sql'), 'utf8');

/** Failed tasks of a run that goes on: due, not due yet, never due, and with all retries spent. */
const oldTasks = `
  insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
  insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
    values ('old.flow', 1, 'old', 'Flow', '1', '{}');
  insert into attune.execution (action_ref, status, config, parent) values
    ('old.flow', 'running', null, null), ('old.due', 'failed', '{"to": "ops"}', 1), ('old.later', 'failed', '{}', 1),
    ('old.never', 'failed', '{}', 1), ('old.spent', 'failed', '{}', 1), ('old.gone', 'failed', '{}', 1);
  insert into attune.workflow_execution (execution, workflow_def, task_graph) values (1, 1, '{}');
  insert into attune.workflow_task_execution (workflow_execution, execution, task_name, status, retry_count, max_retries, next_retry_at)
  values
    (1, 2, 'due', 'failed', 1, 3, now() - interval '1 day'), (1, 3, 'later', 'failed', 0, 3, now() + interval '1 day'),
    (1, 4, 'never', 'failed', 0, 3, 'infinity'), (1, 5, 'spent', 'failed', 3, 3, now() - interval '1 day'),
    (1, 6, 'gone', 'failed', 0, 3, now() - interval '1 day');`;

test('of an adopted database the due retries run, those not due wait, and spent ones never run', async () => {
  await using database = await emptyDatabase();
  const { db } = database;
  await db.list(sql.raw(`${founding};${oldTasks}`));
  await migrate(database.url, { adopt: true });
  expect(await retry(db)).toBe(0); // no action is registered yet: they wait

  for (const ref of ['old.due', 'old.later', 'old.never', 'old.spent']) await installAction(db, { ref });
  expect(await retry(db)).toBe(1);
  expect(await retry(db)).toBe(0);
  expect(await successors(db)).toEqual([
    { action_ref: 'old.due', original_execution: '2', status: 'scheduled', retries: 2 },
  ]);

  const [attempt] = await claim(db, { worker: await installWorker(db, 'w'), runtimes: ['shell'], limit: 10 });
  if (attempt === undefined) throw new Error('The retry was not claimed');
  expect(attempt).toMatchObject({ action_ref: 'old.due', config: { to: 'ops' } });
  const { id: execution, lease_token } = attempt;
  expect(
    await finish(db, { execution, lease_token, outcome: { kind: 'succeeded', result: { succeeded: true } } }),
  ).toBe('recorded');

  // time passes
  await db.run(sql`
    update execution set workflow_task = workflow_task || jsonb_build_object('next_retry_at', attune.instant(now()))
    where action_ref = 'old.later'`);
  expect(await retry(db)).toBe(1);
  expect((await successors(db)).map(({ action_ref }) => action_ref)).toEqual(['old.due', 'old.later']);
});

const successors = (db: Database) =>
  db.many<{ action_ref: string }>(sql`
    select action_ref, original_execution, status, (workflow_task->>'retry_count')::int as retries
    from execution where original_execution is not null order by id`);
