import { sql } from '@attune/db';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
import { temporaryHome } from '../../../testing/server.ts';
import { runDbCommand } from './db-command.ts';

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const lines: string[] = [];
  const code = await runDbCommand(args, env, (text) => lines.push(text));
  return { code, text: lines.join('\n') };
}

test('migrate, status and rollback on the database that is named', async () => {
  await using database = await emptyDatabase();
  const on = ['--database-url', database.url];
  expect((await run(['status', ...on])).text).toMatch(/^MIGRATION +APPLIED\n20260101000000_baseline +pending\n/);
  expect(await run(['migrate', '--to', '20260101000000', ...on])).toEqual({
    code: 0,
    text: '1 migration applied:\n  20260101000000_baseline',
  });
  // the environment names it as well
  const all = await run(['migrate'], { DATABASE_URL: database.url });
  expect(all.text).toContain('  20260127212500_consolidate_workflow_task_execution\n');
  expect((await run(['migrate', ...on])).text).toBe('Nothing to apply: the database is up to date.');
  expect((await run(['status', ...on])).text).toMatch(/20260101000000_baseline +\d{4}-\d\d-\d\dT/);

  const back = await run(['rollback', '--to', '20260101000000', ...on]);
  expect(back.text).toContain('taken back:');
  expect(back.text).toContain('workflow_task_execution is back');
  expect((await run(['rollback', '--to', '0', ...on])).text).toContain('  20260101000000_baseline');
  expect((await run(['rollback', ...on])).text).toBe('Nothing to take back.');
});

/** An old database with one due retry, as our migrations have never seen it. */
const oldDatabase = `
  create table attune.mine ();
  insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
  insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
    values ('old.flow', 1, 'old', 'Flow', '1', '{}');
  insert into attune.execution (action_ref) values ('old.flow'), ('old.task');
  insert into attune.workflow_execution (execution, workflow_def, task_graph) values (1, 1, '{}');
  insert into attune.workflow_task_execution (workflow_execution, execution, task_name) values (1, 2, 'mail');`;

test('rehearse, adopt, verify and go back', async () => {
  await using database = await emptyDatabase();
  await using home = await temporaryHome();
  const on = ['--database-url', database.url];
  await run(['migrate', '--to', '20260101000000', ...on]);
  await database.db.list(sql.raw(`${oldDatabase} drop schema attune_migrations cascade`));

  const lines: string[] = [];
  const refusal = runDbCommand(['migrate', ...on], {}, (text) => lines.push(text));
  await expect(refusal).rejects.toThrow('attune db migrate --adopt');
  expect(lines.join('\n')).toMatch(
    /Compared with the founding layout:\n {2}harmless {2}The table mine is none of ours/,
  );

  const rehearsed = await run(['rehearse', '--adopt', '--on', 'embedded', ...on], { ATTUNE_HOME: home.path });
  expect(rehearsed.text).toMatch(/AccessExclusiveLock on .*execution/);
  expect(rehearsed.text).toContain('came through');
  expect(rehearsed.text).toMatch(/All \d+ rules hold\./);
  expect(rehearsed.code).toBe(0);

  const adopted = JSON.parse((await run(['migrate', '--adopt', '--lock-timeout', '1s', '-o', 'json', ...on])).text) as {
    differences: unknown[];
    applied: string[];
  };
  expect(adopted.differences).toEqual([{ kind: 'harmless', message: 'The table mine is none of ours: it stays.' }]);
  expect(adopted.applied[0]).toBe('20260101000000_baseline');
  expect(await run(['verify', ...on])).toMatchObject({ code: 0 });
  await database.db.run(sql`drop statistics attune.execution_workflow_stats`);
  const broken = await run(['verify', ...on]);
  expect(broken.code).toBe(9);
  expect(broken.text).toMatch(/BROKEN {2}The planner has its statistics\n +execution_workflow_stats\n/);
});

test('programs read JSON', async () => {
  await using database = await emptyDatabase();
  const on = ['--database-url', database.url, '-o', 'json'];
  const applied = JSON.parse((await run(['migrate', ...on])).text) as string[];
  expect(applied[0]).toBe('20260101000000_baseline');
  const states = JSON.parse((await run(['status', ...on])).text) as unknown[];
  expect(states).toHaveLength(applied.length);
  expect(states[0]).toEqual({
    name: '20260101000000_baseline',
    applied_at: expect.stringMatching(/^\d{4}-/) as unknown,
    known: true,
  });
});

test('without a database, the embedded one of the data folder is used and left as it was found: stopped', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-home-'));
  try {
    expect((await run(['migrate'], { ATTUNE_HOME: home })).text).toContain('migrations applied');
    expect((await run(['status'], { ATTUNE_HOME: home })).text).not.toContain('pending');
  } finally {
    await rm(home, { recursive: true });
  }
});

test.each([
  [[], 'Expected one of migrate, rehearse, verify, status, rollback'],
  [['verify', '--adopt'], 'verify takes no --adopt'],
  [['migrate', '--on', 'same'], 'migrate takes no --on'],
  [['rehearse', '--on', 'mars'], '--on is same or embedded'],
  [['migrat'], 'Expected one of'],
  [['migrate', 'twice'], 'Expected one of'],
  [['migrate', '--too', '1'], '--too'],
  [['status', '--to', '1'], 'status takes no --to'],
  [['status', '-o', 'xml'], '--output is table or json'],
  [['status', '--database-url', 'mysql://x'], 'DATABASE_URL'],
])('refuses %j', async (args, message) => {
  await expect(run(args)).rejects.toThrow(message);
});

test('--help explains', async () => {
  expect((await run(['--help'])).text).toContain('attune db rollback');
});
