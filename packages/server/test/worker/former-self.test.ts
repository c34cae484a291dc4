import { sql } from '@attune/db';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { endFormerSelf } from '../../src/worker/former-self.ts';
import { groupIsAlive, startOf } from '../../src/worker/processes.ts';
import { openRecords } from '../../src/worker/records.ts';
import { openSite } from './site.ts';

/** A process as a worker leaves it behind: it leads a group and carries a token. */
function leaveBehind(token: string): number {
  const child = spawn('sh', ['-c', 'trap "" TERM; sleep 600 & sleep 600'], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], ATTUNE_ATTEMPT_TOKEN: token },
  });
  if (child.pid === undefined) throw new Error('The process did not start');
  return child.pid;
}

/** An id that names no process. */
const nobody = 2 ** 30;

test('a worker that starts again ends what its former self left running, and applies on_worker_lost', async () => {
  await using site = await openSite();
  const id = await site.request('echo again', { on_worker_lost: 'restart' });

  // the former life: it claimed, put the attempt on record, started it and was killed
  const folder = join(site.home, 'worker', 'steady');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'process.json'), JSON.stringify({ token: '', pid: nobody, start: 'long ago' }));
  await site.db.run(sql`insert into worker (name, worker_type, status) values ('steady', 'local', 'active')`);
  await site.db.run(sql`
    update execution set status = 'running', worker = (select id from worker), lease_token = gen_random_uuid(),
      lease_until = now() + interval '1 hour', started_at = now() where id = ${id}`);
  const record = openRecords(folder, 'attempt').add('token-1');
  const pid = leaveBehind('token-1');
  record.spawned(pid);

  await site.worker({ workerName: 'steady' });
  expect(groupIsAlive(pid)).toBe(false);
  expect((await site.row(id)).status).toBe('abandoned');
  const successor = await until('the successor has run', async () => {
    const [row] = await site.db.many<{ id: string; status: string }>(sql`
      select id, status from execution where original_execution = ${id}`);
    return row?.status === 'completed' && row;
  });
  expect(await site.log(successor.id)).toBe('again\n');
});

test('a process that only has the recorded id is left alone', async () => {
  await using site = await openSite();
  const folder = join(site.home, 'worker', 'steady');
  mkdirSync(folder, { recursive: true });
  const other = leaveBehind('somebody-else');
  try {
    writeFileSync(join(folder, '5-1.json'), JSON.stringify({ token: 'token-5', pid: other, start: 'another time' }));
    expect(await endFormerSelf(folder)).toBe(1);
    expect(startOf(other)).toBeDefined();
    expect(await endFormerSelf(folder)).toBe(0);
  } finally {
    process.kill(-other, 'SIGKILL');
  }
});

test.runIf(process.platform === 'linux')(
  'a process that started before its id was on record is found by its token',
  async () => {
    await using site = await openSite();
    const folder = join(site.home, 'worker', 'steady');
    mkdirSync(folder, { recursive: true });
    openRecords(folder, 'attempt').add('token-6');
    const pid = leaveBehind('token-6');
    await until('it has its environment', () => startOf(pid) !== undefined);
    await endFormerSelf(folder);
    expect(groupIsAlive(pid)).toBe(false);
  },
);

test('workers of one host take the lowest free numbers, and a number that is free again is taken again', async () => {
  await using site = await openSite();
  const [first, second] = [await site.worker(), await site.worker()];
  const base = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
  expect([first.name, second.name]).toEqual([`${base}-1`, `${base}-2`]);
  await first.stop();
  expect((await site.worker()).name).toBe(`${base}-1`);
  const rows = await site.db.many<{ name: string }>(sql`select name from worker order by name`);
  expect(rows).toHaveLength(2);
});

test('a configured name that is in use, or is none, is refused', async () => {
  await using site = await openSite();
  await site.worker({ workerName: 'steady' });
  await expect(site.worker({ workerName: 'steady' })).rejects.toMatchObject({ code: 'configuration' });
  await expect(site.worker({ workerName: '../up' })).rejects.toMatchObject({ code: 'configuration' });
});

test('a worker whose connections are cut takes its name and its work up again', async () => {
  await using site = await openSite();
  await site.worker({ workerName: 'steady' });
  const long = await site.request('sleep 1; echo done');
  await site.reached(long, 'running');
  await site.db.run(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
  await site.reached(long, 'completed');
  site.bell.ring('cancel');
  await site.reached(await site.request('true'), 'completed');
});
