import type { Execution } from '@attune/core';
import { migrate, openDatabase, sql, type Database } from '@attune/db';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
import { projectRoot } from './config.ts';
import { runDbCommand } from './db-command.ts';

const page = await readFile(
  path.join(projectRoot, 'docs', 'migrations', 'workflow-task-execution-consolidation.md'),
  'utf8',
);
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

const oldTasks = `
  insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
  insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
    values ('old.flow', 1, 'old', 'Flow', '1', '{}');
  insert into attune.execution (action_ref) values ('old.flow'), ('old.task');
  insert into attune.workflow_execution (id, execution, workflow_def, task_graph) values (123, 1, 1, '{}');
  insert into attune.workflow_task_execution (workflow_execution, execution, task_name) values (123, 2, 'send_email'), (123, 2, 'again');`;

const psql = spawnSync('psql', ['--version']).status === 0;
if (!psql) console.warn('psql is not on this machine: the command with it is not tested');

test('the commands of the guide work, in their order, on an old database', async () => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: '20260101000000' });
  await database.db.list(sql.raw(oldTasks));
  const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands) {
    if (command.startsWith('attune db ')) {
      const env = { DATABASE_URL: database.url };
      expect(await runDbCommand(command.split(' ').slice(2), env, () => undefined), command).toBe(0);
    } else if (psql) {
      const run = spawnSync('sh', ['-c', `${command} -X -q -v ON_ERROR_STOP=1 '${database.url}'`], {
        cwd: projectRoot,
        encoding: 'utf8',
      });
      expect(run, command).toMatchObject({ status: 0, stderr: expect.not.stringContaining('ERROR') as unknown });
    }
  }
});

test('the queries of the guide find what it says', async () => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: '20260101000000' });
  await database.db.list(sql.raw(oldTasks));
  await migrate(database.url);
  const statements = blocks('sql').flatMap((block) =>
    block.split(/;\n/).filter((statement) => statement.trim() !== ''),
  );
  const counts: number[] = [];
  for (const statement of statements) counts.push((await database.db.list(sql.raw(statement))).length);
  expect(counts).toEqual([1, 0, 0, 1, 1, 0, 1, 3, 1, 0, 1]);
});

test('the code of the guide runs', async () => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: '20260101000000' });
  await database.db.list(sql.raw(oldTasks));
  await migrate(database.url);
  const [code = ''] = blocks('ts');
  const file = path.join(import.meta.dirname, `.guide-${randomUUID()}.ts`);
  const db = openDatabase(database.url);
  try {
    await writeFile(file, code);
    const guide = (await import(/* @vite-ignore */ file)) as {
      startMailTask(db: Database, run: string, parent: string): Promise<Execution[]>;
    };
    const tasks = await guide.startMailTask(db, '123', '1');
    expect(tasks.map(({ id, workflow_task }) => [id, workflow_task?.task_name])).toEqual([
      ['2', 'again'],
      ['3', 'send_email'],
    ]);
  } finally {
    await db.close();
    await rm(file, { force: true });
  }
});
