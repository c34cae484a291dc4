import type { JsonObject } from '@attune/core';
import { openDatabase, sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { cancel, claim, expire, finish, rescue } from '../src/index.ts';
import { failed, flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { rebuilt } from './rebuilt.ts';
import { installWorker, letLeasesRunOut } from './support.ts';

const unexpected = (id: string, error: unknown) => {
  throw new Error(`Execution ${id} could not be rescued`, { cause: error });
};

const patch = (more = '') => `
version: 1.0.0
tasks:
  - name: patch
    action: test.do
    with_items: "{{ parameters.hosts }}"
    input: { host: "{{ item }}", slot: "{{ index }}" }
    ${more}
    next: [ { publish: [ all ] }, { when: failed() or timed_out(), do: [mend] } ]
  - { name: mend, action: test.do }
output_map: { all: "{{ all }}" }
`;

const hosts = ['a', 'b', 'c', 'd', 'e'];

test('items are executions that carry their index, and the result is their list in order', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 2')));
  const id = await startFlow(db, { hosts });
  expect(await playOut(db, ({ host, slot }) => ({ was: [host ?? null, slot ?? null] }))).toHaveLength(5);
  const run = await runOf(db, id);
  expect(run.status).toBe('completed');
  expect((run.result?.['all'] as JsonObject[]).map((one) => one['was'])).toEqual(
    hosts.map((host, slot) => [host, slot]),
  );
  expect(await items(db)).toEqual(
    hosts.map((_, index) => ({ task_index: index, task_batch: null, attempt: 1, status: 'completed' })),
  );
  await expectRebuilt(db);
});

test('no more than concurrency are there at a time, and each end releases the next', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 2')));
  await startFlow(db, { hosts });
  const most: number[] = [];
  const worker = await installWorker(db, 'a');
  for (;;) {
    most.push((await items(db)).filter(({ status }) => status !== 'completed').length);
    const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
    if (one === undefined) break;
    await succeed(db, one);
  }
  expect(most).toEqual([2, 2, 2, 2, 1, 0]);
});

test('batches carry their number twice, and their elements as a list', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('batch_size: 2')));
  const id = await startFlow(db, { hosts });
  await playOut(db, ({ host }) => ({ host: host ?? null }));
  const run = await runOf(db, id);
  expect((run.result?.['all'] as JsonObject[]).map((one) => one['host'])).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect((await items(db)).map(({ task_index, task_batch }) => [task_index, task_batch])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  await expectRebuilt(db);
});

test('the list is kept in chunks, once, and read from there', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 100')));
  const many = Array.from({ length: 600 }, (_, n) => `host-${n}`);
  const id = await startFlow(db, { hosts: many });
  const seen: unknown[] = [];
  await playOut(db, ({ host }) => {
    seen.push(host);
    return {};
  });
  expect((await runOf(db, id)).status).toBe('completed');
  expect(seen).toEqual(many);
  expect(await db.many(sql`select chunk, size from workflow_item_list order by chunk`)).toEqual([
    { chunk: 0, size: 256 },
    { chunk: 1, size: 256 },
    { chunk: 2, size: 88 },
  ]);
  const state = await db.one<{ bytes: number }>(sql`select length(state::text) as bytes from workflow_execution`);
  expect(state.bytes).toBeLessThan(400);
  await expectRebuilt(db);
});

test('a failed item keeps the others from starting, and stands as null among the results', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 2')));
  const id = await startFlow(db, { hosts });
  const order = await playOut(db, ({ host }) => (host === 'b' ? failed() : { host: host ?? null }));
  expect(order).toEqual(['patch', 'patch', 'patch', 'mend']);
  const run = await runOf(db, id);
  expect(run.status).toBe('completed');
  expect((run.result?.['all'] as (JsonObject | null)[]).map((one) => one?.['host'] ?? null)).toEqual([
    ...['a', null, 'c', null, null],
  ]);
  expect((await items(db)).map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
  await expectRebuilt(db);
});

test('each item is retried by itself, with the same input', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('retry: { count: 2, delay: 0 }')));
  const id = await startFlow(db, { hosts });
  const tried = new Map<unknown, number>();
  await playOut(db, ({ host, slot }) => {
    tried.set(host, (tried.get(host) ?? 0) + 1);
    return host === 'c' && tried.get(host) !== 3 ? failed() : { host: host ?? null, slot: slot ?? null };
  });
  expect(Object.fromEntries(tried)).toEqual({ a: 1, b: 1, c: 3, d: 1, e: 1 });
  const run = await runOf(db, id);
  expect((run.result?.['all'] as JsonObject[])[2]).toMatchObject({ host: 'c', slot: 2 });
  expect((await items(db)).filter(({ task_index }) => task_index === 2)).toEqual([
    { task_index: 2, task_batch: null, attempt: 1, status: 'failed' },
    { task_index: 2, task_batch: null, attempt: 2, status: 'failed' },
    { task_index: 2, task_batch: null, attempt: 3, status: 'completed' },
  ]);
  await expectRebuilt(db);
});

test('an empty list succeeds without any row', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch()));
  const id = await startFlow(db, { hosts: [] });
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { all: [] } });
  expect(await items(db)).toEqual([]);
});

test('an item that cannot start is a failed execution without started_at, and the only one', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(patch('retry: { count: 3, delay: 0 }').replace('test.do', 'test.strict')),
    'actions/strict.yaml':
      'ref: test.strict\nentry_point: do.sh\nparameters: { host: { type: string }, slot: { type: integer } }\n',
  });
  const id = await startFlow(db, { hosts: ['a', 7, 'c'] });
  expect(await playOut(db)).toEqual(['patch', 'patch', 'mend']);
  expect((await runOf(db, id)).status).toBe('completed');
  expect(
    await db.many(sql`
      select status, started_at is null as unstarted from execution
      where workflow_task->>'task_name' = 'patch' order by id`),
  ).toEqual([
    { status: 'completed', unstarted: false },
    { status: 'failed', unstarted: true },
    { status: 'completed', unstarted: false },
  ]);
  await expectRebuilt(db);
});

test('the next task reads the list, also when it is a nested workflow that each item runs', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - { name: each, action: test.inner, with_items: "{{ [1, 2, 3] }}", input: { n: "{{ item }}" }, next: [ { do: [sum] } ] }
  - { name: sum, action: test.do, input: { of: "{{ task.each }}" } }
output_map: { last: "{{ task.sum.got }}" }
`),
    'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
    'actions/workflows/inner.workflow.yaml': `
version: 1.0.0
tasks: [ { name: twice, action: test.do, input: { n: "{{ parameters.n * 2 }}" } } ]
output_map: { twice: "{{ task.twice.got }}" }
`,
  });
  const id = await startFlow(db);
  await playOut(db, (config) => ({ got: config['n'] ?? config['of'] ?? null }));
  const run = await runOf(db, id);
  expect((run.result?.['last'] as JsonObject[]).map((one) => one['twice'])).toEqual([2, 4, 6]);
  await expectRebuilt(db);
});

test('a lost worker restarts the item it ran where the task says so', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('on_worker_lost: restart')));
  const id = await startFlow(db, { hosts: ['a', 'b'] });
  await claim(db, { worker: await installWorker(db, 'lost'), runtimes: ['shell'], limit: 1 });
  await letLeasesRunOut(db);
  await rescue(db, unexpected);
  await playOut(db);
  expect((await runOf(db, id)).status).toBe('completed');
  expect((await items(db)).map(({ task_index, attempt, status }) => [task_index, attempt, status])).toEqual([
    [0, 1, 'abandoned'],
    [0, 2, 'completed'],
    [1, 1, 'completed'],
  ]);
  await expectRebuilt(db);
});

test('the same end told twice, and two ends at the same moment, start each item once', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 4')));
  const id = await startFlow(db, { hosts: Array.from({ length: 40 }, (_, n) => `h${n}`) });
  const other = fresh.open();
  const workers = await Promise.all([installWorker(db, 'a'), installWorker(db, 'b')]);
  for (let round = 0; round < 12; round += 1) {
    const claims = await Promise.all(
      workers.map((worker, index) => claim(index === 0 ? db : other, { worker, runtimes: ['shell'], limit: 2 })),
    );
    await Promise.all(
      claims.flat().flatMap((one, index) => [succeed(index % 2 === 0 ? db : other, one), succeed(other, one)]),
    );
  }
  expect((await runOf(db, id)).status).toBe('completed');
  expect((await items(db)).map(({ task_index }) => task_index)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  await expectRebuilt(db);
});

test('after a cancel no item is released, and the run ends with those that ran', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 3')));
  const id = await startFlow(db, { hosts });
  const [running] = await claim(db, { worker: await installWorker(db, 'a'), runtimes: ['shell'], limit: 1 });
  if (running === undefined) throw new Error('nothing was claimed');
  await cancel(db, id);
  expect((await items(db)).map(({ status }) => status)).toEqual(['running', 'cancelled', 'cancelled']);
  await succeed(db, running);
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await playOut(db)).toEqual([]);
  expect(await items(db)).toHaveLength(3);
});

test('one item that is cancelled starts no other, and the run ends cancelled', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 2')));
  const id = await startFlow(db, { hosts });
  const first = await db.one<{ id: string }>(
    sql`select id from execution where workflow_task is not null order by id limit 1`,
  );
  await cancel(db, first.id);
  expect(await playOut(db)).toEqual(['patch']);
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect((await items(db)).map(({ status }) => status)).toEqual(['cancelled', 'completed']);
});

test('a workflow past its time limit leaves the items that waited cancelled', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks: [ { name: inner, action: test.inner, timeout: 5, input: inherit, next: [ { when: timed_out(), do: [noop] } ] } ]
`),
    'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
    'actions/workflows/inner.workflow.yaml': patch('concurrency: 2'),
  });
  const id = await startFlow(db, { hosts });
  await db.run(
    sql`update execution set started_at = now() - interval '6 s' where workflow_task->>'task_name' = 'inner'`,
  );
  expect(await expire(db)).toBe(1);
  expect((await runOf(db, id)).status).toBe('completed');
  expect(await playOut(db)).toEqual([]);
  expect((await items(db)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
});

test('a process that comes new to a run goes on with it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(patch('concurrency: 1')));
  const id = await startFlow(db, { hosts });
  for (const host of hosts) {
    const another = openDatabase(fresh.url);
    try {
      const [one] = await claim(another, { worker: await installWorker(another, host), runtimes: ['shell'], limit: 1 });
      expect(one?.config).toMatchObject({ host });
      if (one !== undefined) await succeed(another, one);
    } finally {
      await another.close();
    }
  }
  expect((await runOf(db, id)).status).toBe('completed');
});

const succeed = (db: Database, one: { id: string; lease_token: string }): Promise<unknown> =>
  finish(db, {
    execution: one.id,
    lease_token: one.lease_token,
    outcome: { kind: 'succeeded', result: { succeeded: true } },
  });

interface ItemRow {
  task_index: number;
  task_batch: number | null;
  attempt: number;
  status: string;
}

const items = (db: Database): Promise<ItemRow[]> =>
  db.many<ItemRow>(sql`
    select task_index, task_batch, attempt, status from workflow_task
    where task_name = 'patch' order by task_index, attempt`);

/** The state that is kept of every run is what its record comes to. */
async function expectRebuilt(db: Database): Promise<void> {
  for (const { kept, decided } of await rebuilt(db)) expect(decided).toEqual(kept);
}
