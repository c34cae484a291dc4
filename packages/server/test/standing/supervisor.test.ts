import { services, sql } from '@attune/db';
import { expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { startSupervisor } from '../../src/supervisor/supervisor.ts';
import { metric, openDeps, setClock } from './site.ts';

test('a clock that is set forward an hour costs no living worker its attempt, and back again delays nothing that was due', async () => {
  await using deps = await openDeps();
  const { db } = deps;
  await db.run(sql`insert into revision (hash, kind, ref, definition) values (repeat('0', 64), 'action', 'a.b', '{}')`);
  await db.run(sql`
    insert into execution (action_ref, status, revision, runtime, worker, lease_token, lease_until)
    select 'a.b', 'running', repeat('0', 64), 'shell', null, gen_random_uuid(), attune.clock() + interval '20 s'`);
  const stop = await startSupervisor(deps);
  const rounds = () => metric(deps, 'attune_sweep_rounds_total{chore="rescue"}');
  const jumps = (direction: string) => metric(deps, `attune_clock_jumps_total{direction="${direction}"}`);
  try {
    await until('a sweep has seen the clock', async () => ((await rounds()) ?? 0) >= 1);
    await setClock(db, '1 hour');
    await until('the jump is seen', async () => (await jumps('forward')) === 1);
    const seen = (await rounds()) ?? 0;
    await until('it has swept again', async () => ((await rounds()) ?? 0) > seen);
    expect(await db.one(sql`select status from execution`)).toEqual({ status: 'running' });

    await db.run(sql`
      insert into execution (action_ref, status, revision, runtime, run_after)
      values ('a.now', 'scheduled', repeat('0', 64), 'shell', attune.clock()),
        ('a.later', 'scheduled', repeat('0', 64), 'shell', attune.clock() + interval '10 minutes')`);
    await setClock(db, '0');
    await until('the jump back is seen', async () => (await jumps('backward')) === 1);
    const waits = await until('what was due is brought forward', async () => {
      const rows = await db.many<{ action_ref: string; seconds: number }>(sql`
        select action_ref, extract(epoch from run_after - attune.clock())::float8 as seconds
        from execution where status = 'scheduled' order by id`);
      return (rows[0]?.seconds ?? 1) <= 0 && rows;
    });
    expect(waits[1]?.seconds).toBeGreaterThan(500);
    expect(waits[1]?.seconds).toBeLessThanOrEqual(600);
  } finally {
    await stop();
  }
});

test('a chore that fails is tried again and alarmed, and keeps no other from being done', async () => {
  await using deps = await openDeps();
  const { db } = deps;
  await db.run(sql`alter table idempotency rename to gone`);
  const stop = await startSupervisor(deps);
  const failures = () => metric(deps, 'attune_sweep_failures_total{chore="prune"}');
  const trouble = async () => (await services.living(db)).find((one) => one.service === 'supervisor')?.trouble;
  try {
    await until('it has failed twice', async () => ((await failures()) ?? 0) >= 2);
    expect(await metric(deps, 'attune_sweep_failures_total{chore="rescue"}')).toBe(0);
    expect(await trouble()).toContain("'prune' fails");
    await db.run(sql`alter table gone rename to idempotency`);
    await until('all is well', async () => (await trouble()) === null);
  } finally {
    await stop();
  }
});
