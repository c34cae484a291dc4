import { maxRestarts } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import { abandonWorker, claim, finish, renew, rescue, rescuer } from '../src/index.ts';
import { installAction, installWorker, letLeasesRunOut, request, rowsOf } from './support.ts';

const unexpected = (id: string, error: unknown) => {
  throw new Error(`Execution ${id} could not be rescued`, { cause: error });
};

async function lose(db: Database, on_worker_lost?: 'fail' | 'restart') {
  await installAction(db, { ref: 'test.run', ...(on_worker_lost === undefined ? {} : { on_worker_lost }) });
  await request(db, 'test.run');
  const worker = await installWorker(db, 'a');
  const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (one === undefined) throw new Error('nothing was claimed');
  await letLeasesRunOut(db);
  return { worker, lease: { execution: one.id, lease_token: one.lease_token } };
}

test('a lease that ran out is abandoned and nothing is run again unasked', async () => {
  await using fresh = await freshDatabase();
  const { worker, lease } = await lose(fresh.db);
  expect(await rescue(fresh.db, unexpected)).toBe(1);
  expect(await rescue(fresh.db, unexpected)).toBe(0);
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status: 'abandoned' }]);
  expect(await renew(fresh.db, { worker, leases: [lease] })).toEqual([
    { execution: lease.execution, state: 'lost', renewed: false },
  ]);
});

test('the late report of an abandoned attempt is refused and kept', async () => {
  await using fresh = await freshDatabase();
  const { lease } = await lose(fresh.db);
  await rescue(fresh.db, unexpected);
  const outcome = { kind: 'succeeded' as const, result: { succeeded: true } };
  expect(await finish(fresh.db, { ...lease, outcome })).toBe('refused');
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status: 'abandoned' }]);
  expect(await fresh.db.many(sql`select execution from execution_late_report`)).toEqual([
    { execution: lease.execution },
  ]);
});

test('on_worker_lost: restart makes a new attempt that names the first', async () => {
  await using fresh = await freshDatabase();
  const { lease } = await lose(fresh.db, 'restart');
  await rescue(fresh.db, unexpected);
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([
    { id: lease.execution, status: 'abandoned' },
    { status: 'scheduled', original_execution: lease.execution, retry_count: 0 },
  ]);
});

test('an action that loses its worker again and again is not restarted for ever', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { worker } = await lose(db, 'restart');
  for (let round = 0; round <= maxRestarts + 1; round += 1) {
    await rescue(db, unexpected);
    await claim(db, { worker, runtimes: ['shell'], limit: 1 });
    await letLeasesRunOut(db);
  }
  const rows = await rowsOf(db, 'test.run');
  expect(rows).toHaveLength(maxRestarts + 1);
  expect(rows.every((row) => row.status === 'abandoned')).toBe(true);
});

test("a worker that renews between the sweep's look and its write keeps its lease", async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { lease } = await lose(db);
  const other = fresh.open();
  let sweep: Promise<number> | undefined;
  await db.transaction(async (tx) => {
    await tx.run(sql`
      update execution set lease_until = now() + interval '20 seconds' where id = ${lease.execution}`);
    sweep = rescue(other, unexpected); // sees the lease as it was, then waits for the row
    await until('the sweep waits for the row', async () => {
      const waiting = await db.maybe(sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'
        and datname = current_database()`);
      return waiting !== undefined;
    });
  });
  expect(await sweep).toBe(0);
  expect(await rowsOf(db, 'test.run')).toMatchObject([{ status: 'running' }]);
});

test('two supervisors at once make one successor', async () => {
  await using fresh = await freshDatabase();
  await lose(fresh.db, 'restart');
  const [first, second] = await Promise.all([rescue(fresh.db, unexpected), rescue(fresh.open(), unexpected)]);
  expect(first + second).toBe(1);
  expect(await rowsOf(fresh.db, 'test.run')).toHaveLength(2);
});

test('what a worker held is abandoned at once when it says that it starts anew', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run', on_worker_lost: 'restart' });
  await request(db, 'test.run');
  await request(db, 'test.run');
  const [a, b] = await Promise.all([installWorker(db, 'a'), installWorker(db, 'b')]);
  await claim(db, { worker: a, runtimes: ['shell'], limit: 1 });
  await claim(db, { worker: b, runtimes: ['shell'], limit: 1 });
  expect(await abandonWorker(db, a, unexpected)).toBe(1);
  expect((await rowsOf(db, 'test.run')).map((row) => row.status)).toEqual(['abandoned', 'running', 'scheduled']);
});

test('one that cannot be rescued is reported and does not hide the others', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await lose(db);
  await request(db, 'test.run');
  await claim(db, { worker: await installWorker(db, 'b'), runtimes: ['shell'], limit: 1 });
  await letLeasesRunOut(db);
  const [poison, sound] = await rowsOf(db, 'test.run');
  await db.run(sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'poison'; end $$`);
  await db.run(sql`
    create trigger refuse before update on execution for each row when (old.id = 1) execute function refuse()`);
  const reported: string[] = [];
  expect(await rescue(db, (id) => reported.push(id))).toBe(1);
  expect(reported).toEqual([poison?.id]);
  expect((await rowsOf(db, 'test.run')).find((row) => row.id === sound?.id)?.status).toBe('abandoned');
});

test('a lease whose row somebody has locked is not lost: the others are renewed now, and that one next time', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  for (let n = 0; n < 3; n += 1) await request(db, 'test.run');
  const worker = await installWorker(db, 'a');
  const claimed = await claim(db, { worker, runtimes: ['shell'], limit: 3 });
  const leases = claimed.map(({ id, lease_token }) => ({ execution: id, lease_token }));
  const other = fresh.open();
  await db.transaction(async (tx) => {
    await tx.run(sql`select from execution where id = ${claimed[1]?.id ?? ''} for update`);
    const states = await renew(other, { worker, leases });
    expect(states.map((one) => [one.state, one.renewed])).toEqual([
      ['held', true],
      ['held', false],
      ['held', true],
    ]);
  });
  expect((await renew(other, { worker, leases })).map((one) => one.renewed)).toEqual([true, true, true]);
});

test('20,000 that cannot be rescued hide none that can, and each sweep is bounded', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const poison = 20_000;
  await lose(db);
  await db.transaction(async (tx) => {
    await tx.run(sql`select set_config('session_replication_role', 'replica', true)`); // no look at what they refer to
    await tx.run(sql`
      insert into execution (action_ref, status, revision, runtime, worker, lease_token, lease_until)
      select 'poison.' || n, 'running', e.revision, 'shell', e.worker, gen_random_uuid(), now() - interval '1 minute'
      from execution e, generate_series(1, ${poison}) n`);
  });
  await db.run(sql`update execution set id = nextval('execution_id_seq') where action_ref = 'test.run'`);
  await db.run(sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'poison'; end $$`);
  await db.run(sql`
    create trigger refuse before update on execution for each row when (old.action_ref like 'poison%') execute function refuse()`);
  let failures = 0;
  const all = rescuer(db, () => (failures += 1));
  const runOut = (since: string) =>
    db.run(sql`
      update execution set status = 'running', lease_until = now() - ${since}::interval where action_ref = 'test.run'`);
  const sweep = async () => {
    const at = performance.now();
    const rescued = await all.sweep({ withinMs: 300 });
    // a bound, not a speed: what is under way when the time is over is finished
    expect(performance.now() - at).toBeLessThan(5_000);
    return rescued;
  };
  // its worker was lost after those of the others: it is first
  expect(await sweep()).toBe(1);
  expect(failures).toBeLessThan(poison / 2);
  // its worker was lost long before, and it is the last of all: the sweeps get there
  await db.run(sql`delete from execution where action_ref like 'poison%' and id > 200`);
  await runOut('1 hour');
  await until('it is rescued, too', async () => (await sweep()) === 1);
  expect(all.failing()).toBeGreaterThan(50);
  // the next one does not wait for another lap
  await runOut('1 second');
  expect(await sweep()).toBe(1);
});

test('a lease that ends later than any can is rescued only where it is asked for', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await lose(db);
  await db.run(sql`update execution set lease_until = now() + interval '1 hour'`);
  expect(await rescuer(db, unexpected).sweep()).toBe(0);
  expect(await rescuer(db, unexpected).sweep({ beyond: true })).toBe(1);
});

test('thousands of leases are renewed in one statement, and not by comparing each with each', async () => {
  await using fresh = await freshDatabase();
  const db = fresh.open({ avoidScans: true }); // as services do
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  await db.run(sql`
    insert into execution (action_ref, status, revision, pack_revision, runtime, run_after, action, config)
    select action_ref, status, revision, pack_revision, runtime, run_after, action, '{}'
    from execution, generate_series(2, 3000)`);
  const worker = await installWorker(db, 'a');
  const claimed = await claim(db, { worker, runtimes: ['shell'], limit: 3_000 });
  const leases = claimed.map(({ id, lease_token }) => ({ execution: id, lease_token }));
  const renewing = async (count: number) => {
    const at = performance.now();
    const states = await renew(db, { worker, leases: leases.slice(0, count) });
    expect(states.filter((one) => one.renewed)).toHaveLength(count);
    return performance.now() - at;
  };
  await renewing(3_000);
  const best = async (count: number) => Math.min(await renewing(count), await renewing(count), await renewing(count));
  const [few, many] = [await best(300), await best(3_000)];
  // ten times as many take ten times as long; each with each would be a hundred times
  expect(many / few).toBeLessThan(50);
});
