import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { deliver, deliveryOf, hookOf, pushPayload } from '../../../../testing/github.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

test('the whole flow with api, executor, supervisor and two workers as processes of their own', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  const start = (service: string, env: Record<string, string> = {}) =>
    spawnServer({ home: home.path, services: [service], env: { DATABASE_URL: fresh.url, ...env } });
  await using api = start('api');
  await using _executor = start('executor');
  await using _supervisor = start('supervisor');
  await using _first = start('worker', { ATTUNE_WORKER_NAME: 'first', ATTUNE_WORKER_SLOTS: '1' });
  await using _second = start('worker', { ATTUNE_WORKER_NAME: 'second', ATTUNE_WORKER_SLOTS: '1' });
  const hook = await hookOf(await connect(api, home.path), 'github.push');

  const events = await Promise.all([1, 2, 3, 4].map(() => deliver(hook, deliveryOf(pushPayload()))));

  const { db } = fresh;
  const runs = await until('four workflows have ended', async () => {
    const rows = await db.many<{ id: string; status: string }>(sql`
      select e.id, e.status from execution e join enforcement n on n.id = e.enforcement
      where n.event = any(${events}::bigint[]) and e.parent is null and e.completed_at is not null`);
    return rows.length === events.length && rows;
  });
  expect(runs.map((run) => run.status)).toEqual(events.map(() => 'completed'));
  const workers = await db.many<{ name: string }>(sql`
    select distinct w.name from execution e join worker w on w.id = e.worker order by w.name`);
  expect(workers.map((worker) => worker.name)).toEqual(['first', 'second']);
});

test('health names what is missing until a living executor and worker are there', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  await using api = spawnServer({ home: home.path, services: ['api'], env: { DATABASE_URL: fresh.url } });
  const url = await until('the API listens', () => /ready at (\S+)/.exec(api.output())?.[1]);
  const health = await fetch(`${url}/health`);
  expect(health.status).toBe(503);
  const text = await health.text();
  expect(text).toContain('executor');
  expect(text).toContain('worker');
});
