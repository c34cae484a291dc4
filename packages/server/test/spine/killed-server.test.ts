import { openDatabase, sql, type Database } from '@attune/db';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptProcesses } from '../../../../testing/attempt-processes.ts';
import { deliver, deliveryOf, hookOf, pushPayload } from '../../../../testing/github.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

/** Milliseconds after readiness at which the server is killed, one per round; spread over the workflow's life. */
const moments = [40, 350, 120, 800, 20, 500, 250, 1_200, 80, 650];

interface TaskRow {
  task_name: string;
  status: string;
  attempt: number;
  visit: number;
}

test('the whole server is killed at ten moments of a workflow, and the run ends as if nothing had happened', async () => {
  await using home = await temporaryHome();
  const start = () => spawnServer({ home: home.path, env: { ATTUNE_WORKER_NAME: 'only' } });

  let server = start();
  const hook = await hookOf(await connect(server, home.path), 'github.push');
  const event = await deliver(hook, deliveryOf(pushPayload()));
  for (const [round, moment] of moments.entries()) {
    await new Promise((resolve) => setTimeout(resolve, moment)); // the moment is the experiment, nothing is waited for
    await server.kill();
    if (round % 2 === 1) await killPostgres(home.path);
    server = start();
    await connect(server, home.path);
  }
  await using last = server;
  const { database_url } = JSON.parse(await readFile(join(home.path, 'server.json'), 'utf8')) as {
    database_url: string;
  };
  const db = openDatabase(database_url);
  try {
    await expectWholeRun(db, event);
    expect(await attemptProcesses(home.path)).toEqual([]);
  } finally {
    await db.close();
  }
  expect(await last.stop()).toBe(0);
}, 240_000);

async function expectWholeRun(db: Database, event: string): Promise<void> {
  const run = await until('the workflow has ended', () =>
    db.maybe<{ id: string; status: string }>(sql`
      select e.id, e.status from execution e join enforcement n on n.id = e.enforcement
      where n.event = ${event} and e.parent is null and e.status in ('completed', 'failed', 'timeout', 'abandoned')`),
  );
  const tasks = await db.many<TaskRow>(sql`
    select workflow_task->>'task_name' as task_name, status, (workflow_task->>'attempt')::int as attempt,
      (workflow_task->>'visit')::int as visit
    from execution where parent = ${run.id} order by id`);
  expect(run.status, JSON.stringify(tasks)).toBe('completed');
  const names = [...new Set(tasks.map((task) => task.task_name))];
  expect(names.length).toBeGreaterThanOrEqual(6);
  for (const name of names) {
    const attempts = tasks.filter((task) => task.task_name === name);
    expect(
      attempts.filter((task) => task.status === 'completed'),
      name,
    ).toHaveLength(1);
    // every other attempt has a final status that says why it is not the completed one
    for (const attempt of attempts) expect(['completed', 'failed', 'abandoned']).toContain(attempt.status);
    expect(new Set(attempts.map((task) => task.attempt)).size).toBe(attempts.length);
  }
  const report = await until('the second rule has answered the report', () =>
    db.maybe<{ status: string }>(sql`
      select e.status from execution e join enforcement n on n.id = e.enforcement
      where n.rule_ref = 'github.on_report_ready' and e.status = 'completed'`),
  );
  expect(report.status).toBe('completed');
  expect(
    await db.one<{ events: number }>(sql`
      select count(*)::int as events from event where trigger_ref = 'github.report_ready'`),
  ).toEqual({ events: 1 });
}

/** SIGKILL for the embedded PostgreSQL itself, as if the machine had gone. */
async function killPostgres(home: string): Promise<void> {
  const folders = await readdir(join(home, 'postgres'), { recursive: true });
  const file = folders.find((name) => name.endsWith('postmaster.pid'));
  if (file === undefined) return;
  const pid = Number((await readFile(join(home, 'postgres', file), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
}
