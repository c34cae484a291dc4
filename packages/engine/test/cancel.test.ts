import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { cancel, claim, expire, finish, handBack, retry, type ClaimedExecution } from '../src/index.ts';
import { registerCore } from '../../../testing/core-pack.ts';
import { failed, flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { counting } from './statements.ts';
import { installWorker } from './support.ts';

const nest = (name: string, graph: string): Record<string, string> => ({
  [`actions/${name}.yaml`]: `ref: test.${name}\nworkflow_file: workflows/${name}.workflow.yaml\n`,
  [`actions/workflows/${name}.workflow.yaml`]: graph,
});

const wide = (count: number): string =>
  `version: 1.0.0\ntasks:\n${Array.from({ length: count }, (_, n) => `  - { name: t${n}, action: test.do }`).join('\n')}\n`;

async function claimAll(db: Database, limit: number): Promise<ClaimedExecution[]> {
  return claim(db, { worker: await installWorker(db, crypto.randomUUID()), runtimes: ['shell', 'native'], limit });
}

const statuses = async (db: Database): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await db.many<{ status: string; count: number }>(sql`
        select status, count(*)::int as count from execution group by status`)
    ).map(({ status, count }) => [status, count]),
  );

const stopped = { kind: 'cancelled' as const, result: { succeeded: false } };

test('cancelling thousands of scheduled tasks, some in nested runs, takes as many statements as cancelling two', async () => {
  const statements = async (count: number) => {
    await using fresh = await freshDatabase();
    const { db } = fresh;
    await registerTestPack(db, {
      ...flow(`${wide(count)}  - { name: nested, action: test.middle }\n`),
      ...nest('middle', `${wide(count)}  - { name: nested, action: test.inner }\n`),
      ...nest('inner', wide(count)),
    });
    const id = await startFlow(db);
    const counted = counting(db);
    expect(await cancel(counted.db, id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
    expect(await statuses(db)).toEqual({ cancelled: 3 * count + 3 });
    expect(await db.many(sql`select distinct status from workflow_execution`)).toEqual([{ status: 'cancelled' }]);
    expect(await playOut(db)).toEqual([]);
    return counted.statements();
  };
  const few = await statements(2);
  expect(await statements(1_000)).toBe(few);
  expect(few).toBeLessThan(40);
}, 120_000);

test('a run past its time limit ends its thousands of tasks in as many statements as two', async () => {
  const statements = async (count: number) => {
    await using fresh = await freshDatabase();
    const { db } = fresh;
    await registerTestPack(db, {
      ...flow('version: 1.0.0\ntasks:\n  - { name: nested, action: test.inner, timeout: 60 }\n'),
      ...nest('inner', `${wide(count)}  - { name: deeper, action: test.deeper }\n`),
      ...nest('deeper', wide(count)),
    });
    await startFlow(db);
    await db.run(sql`
      update execution set started_at = now() - interval '61 seconds' where workflow_task->>'task_name' = 'nested'`);
    const counted = counting(db);
    expect(await expire(counted.db)).toBe(1);
    expect(await statuses(db)).toEqual({ failed: 1, timeout: 1, cancelled: 2 * count + 1 });
    return counted.statements();
  };
  await statements(1); // what a process reads once and keeps
  expect(await statements(500)).toBe(await statements(2));
}, 120_000);

const threeLevels = (outer: string, inner: string): Record<string, string> => ({
  ...flow(`
version: 1.0.0
cancellation_policy: ${outer}
tasks:
  - { name: busy, action: test.do, next: [ { do: [after] } ] }
  - { name: nested, action: test.middle, next: [ { do: [after] } ] }
  - { name: after, action: test.do }
`),
  ...nest(
    'middle',
    `version: 1.0.0\ncancellation_policy: ${inner}\ntasks:\n  - { name: nested, action: test.inner }\n`,
  ),
  ...nest('inner', `version: 1.0.0\ncancellation_policy: ${inner}\n${wide(2).split('\n').slice(1).join('\n')}`),
});

async function allStatuses(db: Database): Promise<Record<string, string>> {
  const rows = await db.many<{ name: string; status: string }>(sql`
    select coalesce(parent_task.workflow_task->>'task_name' || '.', '') || (e.workflow_task->>'task_name') as name, e.status
    from execution e left join execution parent_task on parent_task.id = e.parent where e.workflow_task is not null`);
  return Object.fromEntries(rows.map(({ name, status }) => [name, status]));
}

test('the outermost policy stops what runs at every depth, and every run ends with the last of it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, threeLevels('cancel_running', 'allow_finish'));
  const id = await startFlow(db);
  const running = await claimAll(db, 2);
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  expect(await allStatuses(db)).toMatchObject({
    busy: 'canceling',
    nested: 'canceling',
    'nested.nested': 'canceling',
    'nested.t0': 'canceling',
    'nested.t1': 'cancelled',
  });
  for (const { id: execution, lease_token } of running) {
    expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
    await finish(db, { execution, lease_token, outcome: stopped });
  }
  expect(await statuses(db)).toEqual({ cancelled: 6 });
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect(await playOut(db)).toEqual([]);
});

test('where the outermost policy lets finish, what runs at any depth may, and nothing follows from it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, threeLevels('allow_finish', 'cancel_running'));
  const id = await startFlow(db);
  const running = await claimAll(db, 2);
  await cancel(db, id);
  expect(await allStatuses(db)).toMatchObject({ busy: 'running', 'nested.t0': 'running', 'nested.t1': 'cancelled' });
  for (const { id: execution, lease_token } of running) {
    await finish(db, { execution, lease_token, outcome: { kind: 'succeeded', result: { succeeded: true } } });
  }
  expect(await allStatuses(db)).toEqual({
    busy: 'completed',
    nested: 'cancelled',
    'nested.nested': 'cancelled',
    'nested.t0': 'completed',
    'nested.t1': 'cancelled',
  });
  expect(await runOf(db, id)).toMatchObject({ status: 'cancelled', result: { error: 'Workflow cancelled' } });
  expect(await playOut(db)).toEqual([]);
});

test('a cancelled run gives up its retries, its delayed tasks and its questions', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerCore(db);
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - { name: flaky, action: test.do, retry: { count: 3, delay: 0 } }
  - { name: later, action: test.do, delay: 3600 }
  - { name: later_nested, action: test.inner, delay: 3600 }
  - { name: question, action: core.ask, input: { prompt: Go? } }
  - { name: nested, action: test.inner }
`),
    ...nest('inner', 'version: 1.0.0\ntasks:\n  - { name: question, action: core.ask }\n'),
  });
  const id = await startFlow(db);
  const [flaky] = await claimAll(db, 1);
  await finish(db, { execution: flaky?.id ?? '', lease_token: flaky?.lease_token ?? '', outcome: failed() });
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect(await statuses(db)).toEqual({ failed: 1, cancelled: 7 - 1 });
  expect(await db.many(sql`select status, count(*)::int as count from inquiry group by status`)).toEqual([
    { status: 'cancelled', count: 2 },
  ]);
  expect(await db.many(sql`select id from execution where workflow_task->>'next_retry_at' is not null`)).toEqual([]);
  expect(await retry(db)).toBe(0);
  expect(await playOut(db)).toEqual([]);
});

const items = (count: number, more = '') => `
version: 1.0.0
tasks:
  - name: many
    action: test.do
    with_items: "{{ range(${count}) }}"
    ${more}
    next: [ { do: [after] } ]
  - { name: after, action: test.do }
`;

test('of ten thousand items those that wait for a worker end at once, and those whose turn had not come never start', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(items(10_000)));
  const id = await startFlow(db);
  const { scheduled = 0 } = await statuses(db);
  expect(scheduled).toBeGreaterThanOrEqual(1_000);
  const counted = counting(db);
  expect(await cancel(counted.db, id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect(counted.statements()).toBeLessThan(40);
  expect(await playOut(db)).toEqual([]);
  expect(await statuses(db)).toEqual({ cancelled: scheduled + 1 });
}, 120_000);

test('items whose turn had not come never start', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(items(10_000, 'concurrency: 2')));
  const id = await startFlow(db);
  const [claimed] = await claimAll(db, 1);
  if (claimed === undefined) throw new Error('nothing was claimed');
  await cancel(db, id);
  const done = { kind: 'succeeded' as const, result: { succeeded: true } };
  await finish(db, { execution: claimed.id, lease_token: claimed.lease_token, outcome: done });
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await playOut(db)).toEqual([]);
  expect(await statuses(db)).toEqual({ completed: 1, cancelled: 2 });
});

test('a claim that is handed back after the cancel does not start', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(wide(2)));
  const id = await startFlow(db);
  const [claimed] = await claimAll(db, 1);
  if (claimed === undefined) throw new Error('nothing was claimed');
  await cancel(db, id);
  expect(await handBack(db, { execution: claimed.id, lease_token: claimed.lease_token })).toBe(true);
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await statuses(db)).toEqual({ cancelled: 3 });
});

test('cancels and ends that meet on a deep tree come to one end', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, threeLevels('cancel_running', 'cancel_running'));
  const id = await startFlow(db);
  const running = await claimAll(db, 3);
  const handles = [fresh.open(), fresh.open(), fresh.open()];
  const answers = await Promise.all([
    ...running.map(({ id: execution, lease_token }, index) =>
      finish(handles[index] ?? db, { execution, lease_token, outcome: stopped }),
    ),
    cancel(db, id),
    cancel(fresh.open(), id),
  ]);
  expect(answers.slice(0, 3)).toEqual(['recorded', 'recorded', 'recorded']);
  expect(await playOut(db)).toEqual([]);
  expect((await runOf(db, id)).status).toMatch(/^(cancelled|failed)$/);
  expect(Object.keys(await statuses(db)).every((status) => ['cancelled', 'failed', 'completed'].includes(status))).toBe(
    true,
  );
});
