import { openDatabase, sql } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptProcesses } from '../../../../testing/attempt-processes.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

/** With it the leases of the worker that is killed run out by themselves, which takes 20 s, and the bounds are those of the documents. */
const isReal = process.env['ATTUNE_REAL_LEASES'] === '1';

/** What a machine that has much else to do may take longer, in seconds. */
const indulgence = isReal ? 0 : 10;

/** @param since when it began, as `performance.now` gives it */
function expectWithin(seconds: number, since: number, what: string): void {
  const took = (performance.now() - since) / 1_000;
  if (isReal) console.log(`${what}: ${took.toFixed(1)} s, at most ${seconds}`);
  expect(took, what).toBeLessThan(seconds + indulgence);
}

const packOf = (marks: string) => ({
  'pack.yaml': 'ref: dying\nversion: 1.0.0\n',
  'triggers/rung.yaml': 'ref: dying.rung\n',
  'rules/answer.yaml': 'ref: dying.answer\ntrigger_ref: dying.rung\naction_ref: core.noop\n',
  'actions/once.yaml': 'ref: dying.once\nentry_point: once.sh\non_worker_lost: restart\n',
  // the first attempt never ends
  'actions/once.sh': `if mkdir '${marks}/first' 2>/dev/null; then sleep 600; fi\n`,
});

test('the worker, an executor and the database die, and work goes on within the documented bounds', async () => {
  await using home = await temporaryHome();
  const marks = join(home.path, 'marks');
  await mkdir(marks);
  let database = await startEmbedded({ home: join(home.path, 'database'), settings: { fsync: 'off' } });
  const start = (services: string[], env: Record<string, string> = {}) =>
    spawnServer({ home: home.path, services, env: { DATABASE_URL: database.url, ...env } });
  try {
    await using main = start(['api', 'supervisor', 'executor']);
    await using first = start(['worker'], { ATTUNE_WORKER_NAME: 'first' });
    const api = await connect(main, home.path);
    await using db = disposable(openDatabase(database.url));
    await api.post('/api/v1/packs/register', {
      files: Object.entries(packOf(marks)).map(([path, text]) => ({
        path,
        mode: 0o644,
        content_base64: Buffer.from(text).toString('base64'),
      })),
    });

    // the worker
    const { id } = await api.post<{ id: string }>('/api/v1/executions', { action_ref: 'dying.once', parameters: {} });
    await until('the first attempt runs', async () => (await attemptProcesses(home.path)).length > 0);
    await using _second = start(['worker'], { ATTUNE_WORKER_NAME: 'second' });
    await using other = start(['executor']);
    await until('the second worker and the other executor live', async () => {
      const { living } = await db.one<{ living: number }>(sql`
        select count(*)::int as living from attune.service where service in ('worker', 'executor')`);
      return living === 4;
    });
    await first.kill();
    const killed = performance.now();
    if (!isReal) await db.run(sql`update execution set lease_until = attune.clock() where id = ${id}`);
    const next = await until('it has run again', () =>
      db.maybe<{ name: string }>(sql`
        select w.name from execution e join worker w on w.id = e.worker
        where e.original_execution = ${id} and e.status = 'completed'`),
    );
    expectWithin(isReal ? 45 : 5, killed, 'running again after the worker was killed');
    expect(next.name).toBe('second');
    expect(await db.one(sql`select status from execution where id = ${id}`)).toEqual({ status: 'abandoned' });

    // an executor: stopped, then killed
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      other.child.kill(signal);
      const at = performance.now();
      const event = await api.post<{ id: string }>('/api/v1/events', { trigger_ref: 'dying.rung', payload: {} });
      await until('its rule was answered', () =>
        db.maybe(sql`
          select from execution e join enforcement n on n.id = e.enforcement
          where n.event = ${event.id} and e.status = 'completed'`),
      );
      expectWithin(5, at, `the next task after ${signal} of an executor`);
    }

    // the database, as pg_ctl restart -m immediate does it
    const quit = performance.now();
    process.kill(database.pid, 'SIGQUIT');
    const { url } = database;
    database = await startEmbedded({ home: join(home.path, 'database'), settings: { fsync: 'off' } });
    expect(database.url).toBe(url);
    const again = await until('the API accepts', () =>
      api
        .post<{ id: string }>('/api/v1/executions', { action_ref: 'core.noop', parameters: {} })
        .catch(() => undefined),
    );
    await until('it is done', () =>
      db.maybe(sql`select from execution where id = ${again.id} and status = 'completed'`).catch(() => undefined),
    );
    expectWithin(5, quit, 'accepting again after the database was restarted');
  } finally {
    for (const pid of await attemptProcesses(home.path)) process.kill(Number(pid), 'SIGKILL');
    await database.stop();
  }
}, 180_000);

const disposable = <T extends { close(): Promise<void> }>(opened: T): T & AsyncDisposable =>
  Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
