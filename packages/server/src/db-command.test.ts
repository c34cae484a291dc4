import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
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
  [[], 'Expected one of migrate, status, rollback'],
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
