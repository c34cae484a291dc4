import { executionQueue, sql } from '@attune/db';
import { cancel } from '@attune/engine';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../../../../testing/is-alive.ts';
import { until } from '../../../../testing/until.ts';
import { heldBook } from '../../src/worker/held.ts';
import { openSite, type Site } from './site.ts';

/** The process of a running attempt, by what its script wrote first. */
const pidOf = (site: Site, id: string): Promise<number> =>
  until('the process has said its id', async () => Number(/^(\d+)\n/.exec(await site.log(id))?.[1] ?? 0) || undefined);

test('an execution becomes a process, a log and a result', async () => {
  await using site = await openSite();
  const worker = await site.worker();
  const id = await site.request(
    'cat; echo "$ATTUNE_EXEC_ID $ATTUNE_ACTION $ATTUNE_ATTEMPT" >&2',
    { parameters: { who: { type: 'string' } } },
    { who: 'world' },
  );
  const row = await site.reached(id, 'completed');
  expect(row.result).toMatchObject({ exit_code: 0, succeeded: true, stdout: '{"who":"world"}\n' });
  expect(await site.log(id)).toBe('{"who":"world"}\n');
  expect(await site.log(id, 'stderr')).toBe(`${id} demo.action1 1\n`);
  const [registered] = await site.db.many<{ id: string; name: string; status: string; runtimes: string[] }>(sql`
    select id, name, status, runtimes from worker`);
  expect(registered).toMatchObject({ id: row.worker, name: worker.name, status: 'active' });
  expect(registered?.runtimes).toContain('nodejs');
});

test('output is in the database while the action runs, and a cancel stops it', async () => {
  await using site = await openSite();
  await site.worker();
  const id = await site.request('echo $$; exec sleep 600');
  const pid = await pidOf(site, id);
  expect(await cancel(site.db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  site.bell.ring('cancel');
  const { result } = await site.reached(id, 'cancelled');
  expect(result).toMatchObject({ succeeded: false, error: 'The action was cancelled' });
  expect(isAlive(pid)).toBe(false);
});

test('a time limit becomes the status timeout', async () => {
  await using site = await openSite();
  await site.worker();
  const id = await site.request('sleep 600', { timeout_seconds: 1 });
  expect((await site.reached(id, 'timeout')).result).toMatchObject({ timed_out: true, succeeded: false });
});

test('an attempt whose lease somebody else holds is ended by force and reports nothing', async () => {
  await using site = await openSite();
  await site.worker({ stopGraceSeconds: 60 });
  const id = await site.request(`trap '' TERM; echo $$; while :; do sleep 600; done`);
  const pid = await pidOf(site, id);
  await site.db.run(sql`update execution set lease_token = gen_random_uuid() where id = ${id}`);
  site.bell.ring('cancel');
  await until('the process is gone', () => !isAlive(pid));
  expect(await site.row(id)).toMatchObject({ status: 'running', result: null });
});

test('a worker runs as many at once as it has slots, and goes on when one is free', async () => {
  await using site = await openSite();
  const ids = [];
  for (let n = 0; n < 5; n += 1) ids.push(await site.request('sleep 0.2'));
  await site.worker({ workerSlots: 2 });
  let most = 0;
  await until('all have ended', async () => {
    const [row] = await site.db.many<{ running: number; ended: number }>(sql`
      select count(*) filter (where status = 'running')::int as running,
        count(*) filter (where status = 'completed')::int as ended
      from execution`);
    most = Math.max(most, row?.running ?? 0);
    return row?.ended === 5;
  });
  expect(most).toBe(2);
});

test('what nobody here can run waits', async () => {
  await using site = await openSite();
  await site.worker();
  const other = await site.request('true', { runner_type: 'cobol' as never });
  const id = await site.request('true');
  await site.reached(id, 'completed');
  expect((await site.row(other)).status).toBe('scheduled');
});

test('the folder of an attempt and its record are gone afterwards', async () => {
  await using site = await openSite();
  const worker = await site.worker();
  const id = await site.request('touch "$HOME/x"; echo "$HOME"');
  await site.reached(id, 'completed');
  const folder = join(site.home, 'worker', worker.name);
  const home = (await site.log(id)).trim();
  expect(home.startsWith(join(folder, 'attempts'))).toBe(true);
  await until('the folder is removed', () => !existsSync(home));
  expect(readFileSync(join(folder, 'attempt-1.json'), 'utf8').trim()).toBe('null');
  await worker.stop();
  expect(readdirSync(folder).filter((one) => one.endsWith('.json'))).toEqual([]);
});

test('stopping lets a short action end, and gives up a long one: on_worker_lost decides', async () => {
  await using site = await openSite();
  const worker = await site.worker({ stopGraceSeconds: 2 });
  const short = await site.request('echo $$; sleep 0.5; echo done');
  const long = await site.request('echo $$; exec sleep 600', { on_worker_lost: 'restart' });
  await pidOf(site, short);
  const pid = await pidOf(site, long);
  await worker.stop();
  expect((await site.row(short)).status).toBe('completed');
  expect((await site.row(long)).status).toBe('abandoned');
  expect(isAlive(pid)).toBe(false);
  const successors = await site.db.many<{ status: string }>(sql`
    select status from execution where original_execution = ${long}`);
  expect(successors).toEqual([{ status: 'scheduled' }]);
  expect(existsSync(join(site.home, 'worker', worker.name, 'process.json'))).toBe(false);
});

test('a lease that could not be renewed in time counts as lost before the database gives it away', () => {
  const lost: string[] = [];
  const book = heldBook(
    (execution) => lost.push(execution),
    () => undefined,
  );
  const forever = () => new Promise<void>(() => undefined);
  book.add({ execution: '1', lease_token: 'a' }, 'slot', 0, forever);
  book.add({ execution: '2', lease_token: 'b' }, 'slot', 0, forever);
  book.apply([{ execution: '2', state: 'held', renewed: true }], 5_000);
  book.dropStale(executionQueue.leaseSeconds * 1_000 - 1_000);
  expect(lost).toEqual(['1']);
  expect(book.all().map((one) => one.lost.signal.aborted)).toEqual([true, false]);
});
