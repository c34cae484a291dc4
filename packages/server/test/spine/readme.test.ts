import { openDatabase, sql, type Database } from '@attune/db';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const run = promisify(execFile);

/** The lines of the README's shell blocks, in order: what a newcomer pastes. */
async function pastedLines(): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] ?? '').trim().split('\n'));
}

/** A folder that looks like the project's, so that what the lines write stays out of it. */
async function projectLookalike(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'attune-readme-'));
  for (const name of ['node_modules', 'package.json', 'packages', 'scripts']) {
    await symlink(join(root, name), join(path, name));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The workflow's tasks, in the order of its file. */
const tasks = [
  'read_commits',
  'classify_files',
  'weigh_change',
  'count_authors',
  'check_mirror',
  'build_report',
  'emit_report',
];

/** The keys that the founding document promises for every task execution. */
const twelveKeys = [
  'completed_at',
  'duration_ms',
  'max_retries',
  'next_retry_at',
  'retry_count',
  'started_at',
  'task_batch',
  'task_index',
  'task_name',
  'timed_out',
  'timeout_seconds',
  'workflow_execution',
];

test("the README's first five minutes, pasted line by line, end in a completed workflow", async () => {
  await using home = await temporaryHome();
  await using folder = await projectLookalike();
  await using server = spawnServer({ home: home.path });
  await connect(server, home.path);
  expect(server.output()).toMatch(/Password: +\S+ +\(shown only this once\)/);

  const outputs = new Map<string, string>();
  for (const line of await pastedLines()) {
    const { stdout } = await run('bash', ['-c', line], {
      cwd: folder.path,
      env: { ...process.env, ATTUNE_HOME: home.path, NO_COLOR: '1' },
    });
    outputs.set(line, stdout);
  }
  const outputOf = (part: string) => [...outputs].find(([line]) => line.includes(part))?.[1] ?? '';

  expect(outputOf('action execute core.echo')).toContain('hello');
  for (const task of tasks) expect(outputOf('execution tree latest')).toContain(task);
  expect(outputOf('event list --trigger github.report_ready')).toContain('github.report_ready');
  expect(outputOf('execution list --action core.echo')).toContain('github.on_report_ready');
  expect(outputOf('event show latest')).toContain('"refs/heads/topic" == "refs/heads/master"');

  const file = JSON.parse(await readFile(join(home.path, 'server.json'), 'utf8')) as { database_url: string };
  const db = openDatabase(file.database_url);
  try {
    await expectRows(db);
    await expectGuideQueries(db);
  } finally {
    await db.close();
  }
}, 120_000);

async function expectRows(db: Database): Promise<void> {
  const events = await db.many<{ trigger_ref: string; ref: string | null; executions: number }>(sql`
    select v.trigger_ref, v.payload->>'ref' as ref,
      (select count(*)::int from execution e join enforcement n on n.id = e.enforcement
        where n.event = v.id and e.parent is null) as executions
    from event v order by v.id`);
  expect(events).toEqual([
    { trigger_ref: 'github.push', ref: 'refs/heads/master', executions: 1 },
    { trigger_ref: 'github.report_ready', ref: null, executions: 1 },
    { trigger_ref: 'github.push', ref: 'refs/heads/topic', executions: 0 },
  ]);
  const report = await db.one<{ payload: Record<string, unknown> }>(sql`
    select payload from event where trigger_ref = 'github.report_ready'`);
  expect(JSON.stringify(report.payload)).toContain('Codertocat/Hello-World');
}

/** The founding document's queries, verbatim but for the ids. */
async function expectGuideQueries(db: Database): Promise<void> {
  const { id } = await db.one<{ id: string }>(sql`select id from attune.workflow_execution`);
  const ofRun = await db.many<{ status: string; workflow_task: Record<string, unknown> }>(
    sql.raw(`SELECT * FROM attune.execution
WHERE workflow_task->>'workflow_execution' = '${id}';`),
  );
  expect([...new Set(ofRun.map((row) => row.workflow_task['task_name']))].sort()).toEqual([...tasks].sort());
  for (const { workflow_task } of ofRun) {
    expect(Object.keys(workflow_task)).toEqual(expect.arrayContaining(twelveKeys));
    expect(String(workflow_task['workflow_execution'])).toBe(id);
  }
  const named = await db.many<{ status: string }>(
    sql.raw(`SELECT * FROM attune.execution
WHERE workflow_task->>'workflow_execution' = '${id}'
  AND workflow_task->>'task_name' = 'check_mirror';`),
  );
  expect(named.map((row) => row.status).sort()).toEqual(['completed', 'failed']);
  const pending = await db.many(
    sql.raw(`SELECT * FROM attune.execution
WHERE workflow_task IS NOT NULL
  AND workflow_task->>'next_retry_at' IS NOT NULL
  AND (workflow_task->>'next_retry_at')::timestamptz <= NOW()
  AND (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int;`),
  );
  expect(pending).toEqual([]);
  const inWorkflows = await db.many(sql.raw('SELECT * FROM attune.execution WHERE workflow_task IS NOT NULL;'));
  expect(inWorkflows).toHaveLength(ofRun.length);
  const direct = await db.many<{ action_ref: string }>(
    sql.raw('SELECT * FROM attune.execution WHERE workflow_task IS NULL;'),
  );
  expect(direct.map((row) => row.action_ref).sort()).toEqual(['core.echo', 'core.echo', 'github.process_push']);
}
