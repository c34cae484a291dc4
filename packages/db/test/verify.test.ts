import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';
import { migrate } from '../src/migrate.ts';
import { verify } from '../src/verify/index.ts';
import { generateLegacy } from './legacy/generate.ts';
import { baseline, consolidation, runScript } from './legacy/run-file.ts';

async function consolidated() {
  const database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await database.db.list(sql.raw(generateLegacy(41, 20).script));
  await migrate(database.url);
  return database;
}

const broken = async (url: string) =>
  (await verify(url)).filter(({ offenders }) => offenders.length > 0).map(({ offenders }) => offenders.join('; '));

test('nothing is wrong after the upgrade, at the consolidation and at the last version', async () => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await expect(verify(database.url)).rejects.toThrow('not applied yet');
  await migrate(database.url, { to: consolidation });
  expect(await broken(database.url)).toEqual([]);
  await using upgraded = await consolidated();
  expect(await broken(upgraded.url)).toEqual([]);
  expect((await verify(upgraded.url)).length).toBeGreaterThan(10);
});

const unchecked = 'drop trigger execution_workflow_task_check on attune.execution';
const quietly = 'set local session_replication_role = replica';

test.each([
  [`${unchecked}; update attune.execution set workflow_task = 'null' where id = 1000`, [/^execution 1000$/, /_check$/]],
  [
    `${unchecked}; update attune.execution set workflow_task = workflow_task - 'timed_out' where id = 100`,
    [/^execution 100$/, /old row/, /_check$/],
  ],
  [
    `${unchecked}; update attune.execution set workflow_task = workflow_task || '{"retry_count": "0"}' where id = 101`,
    [/^execution 101: retry_count$/, /old row/, /_check$/],
  ],
  [
    `${quietly}; update attune.execution set updated = now(), workflow_task = workflow_task || '{"started_at": "2025-01-01T00:00:00Z"}' where id = 102`,
    [/^execution 102: started_at 2025-01-01T00:00:00Z$/],
  ],
  [
    `${quietly}; update attune.execution set updated = now(), workflow_task = workflow_task || '{"workflow_execution": 77}' where id = 103`,
    [/^execution 103: workflow execution 77$/],
  ],
  [
    `drop index attune.execution_workflow_task_idx;
     update attune.execution set updated = now(), workflow_task =
       (select workflow_task from attune.execution where id = 100) || '{"attempt": 1}' where id in (100, 101)`,
    [/^executions 100, 101$/, /^execution_workflow_task_idx$/],
  ],
  [
    `update attune.execution set workflow_task = workflow_task || '{"task_name": "other"}' where id = 100`,
    [/^execution 100 \(old row \d+\)$/],
  ],
  ['drop index attune.execution_workflow_retry_idx', [/^execution_workflow_retry_idx$/]],
  ['drop statistics attune.execution_workflow_stats', [/^execution_workflow_stats$/]],
  ['alter table attune.workflow_execution disable trigger workflow_execution_delete_tasks', [/delete_tasks$/]],
  ['alter table attune.execution disable trigger execution_workflow_task_check', [/_check$/]],
  ['create table attune.workflow_task_execution ()', [/workflow_task_execution/]],
])('tells what is wrong after: %s', async (damage, expected) => {
  await using database = await consolidated();
  // the generator's trigger would send a notification that is too long
  await runScript(
    database.url,
    `alter table attune.execution disable trigger user; ${damage}; alter table attune.execution enable trigger user;
    ${damage.startsWith('alter table attune.execution disable') ? damage : ''}`,
  );
  const found = await broken(database.url);
  expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
});
