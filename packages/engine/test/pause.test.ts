import { executionQueue, sql, whatWaits, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import {
  admit,
  cancel,
  claim,
  expire,
  finish,
  handBack,
  pause,
  rescue,
  respond,
  resume,
  retry,
  type ClaimedExecution,
  type Outcome,
} from '../src/index.ts';
import { registerCore } from '../../../testing/core-pack.ts';
import { crashing, surviving } from './crash.ts';
import { failed, flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { counting } from './statements.ts';
import { installAction, installWorker, letLeasesRunOut, request } from './support.ts';

const done: Outcome = { kind: 'succeeded', result: { succeeded: true } };

async function claimSome(db: Database, limit: number): Promise<ClaimedExecution[]> {
  return claim(db, { worker: await installWorker(db, crypto.randomUUID()), runtimes: ['shell'], limit });
}

const finishAll = async (db: Database, claimed: readonly ClaimedExecution[], outcome = done): Promise<void> => {
  for (const { id, lease_token } of claimed) await finish(db, { execution: id, lease_token, outcome });
};

async function statuses(db: Database): Promise<Record<string, string>> {
  const rows = await db.many<{ task: string; status: string }>(sql`
    select workflow_task->>'task_name' as task, status from execution where workflow_task is not null order by id`);
  return Object.fromEntries(rows.map((row) => [row.task, row.status]));
}

/** What anybody who moves work could do now. */
const anythingMoves = async (db: Database): Promise<boolean> =>
  (await admit(db)) + (await retry(db)) > 0 || (await claimSome(db, 100)).length > 0;

const branches = `
version: 1.0.0
vars: { order: "" }
tasks:
  - { name: a, action: test.do, next: [ { publish: [ { order: "{{ order + 'a' }}" } ], do: [join] } ] }
  - { name: b, action: test.do, next: [ { publish: [ { order: "{{ order + 'b' }}" } ], do: [join] } ] }
  - { name: c, action: test.do, next: [ { publish: [ { order: "{{ order + 'c' }}" } ], do: [join] } ] }
  - { name: join, action: test.do, join: all }
output_map: { order: "{{ order }}" }
`;

test('what runs ends and is recorded, nothing starts, and on resume the ends are told in the order they came', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(branches));
  const id = await startFlow(db);
  const [a, b] = await claimSome(db, 2);
  expect(await pause(db, id, 'a look at the disk')).toEqual({ kind: 'paused' });
  expect(await statuses(db)).toEqual({ a: 'running', b: 'running', c: 'requested' });
  expect(await anythingMoves(db)).toBe(false);
  await finishAll(db, [b, a] as ClaimedExecution[]);
  expect(await statuses(db)).toEqual({ a: 'completed', b: 'completed', c: 'requested' });
  expect(await db.one(sql`select variables, paused, pause_reason, steps from workflow_execution`)).toEqual({
    variables: { order: '' },
    paused: true,
    pause_reason: 'a look at the disk',
    steps: 1,
  });
  expect(await anythingMoves(db)).toBe(false);
  expect(await resume(db, id)).toEqual({ kind: 'resumed' });
  expect(await playOut(db)).toEqual(['c', 'join']);
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { order: 'bac' } });
  expect(await db.many(sql`select * from paused_end`)).toEqual([]);
});

test('a second pause and a second resume answer with what is, and the first reason stays', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(branches));
  const id = await startFlow(db);
  await pause(db, id, 'first');
  expect(await pause(db, id, 'second')).toEqual({ kind: 'paused' });
  expect(await db.one(sql`select pause_reason from workflow_execution`)).toEqual({ pause_reason: 'first' });
  expect(await resume(db, id)).toEqual({ kind: 'resumed' });
  expect(await resume(db, id)).toEqual({ kind: 'resumed' });
  expect(await db.one(sql`select paused, paused_by, pause_reason from workflow_execution`)).toEqual({
    paused: false,
    paused_by: null,
    pause_reason: null,
  });
  expect(await playOut(db)).toEqual(['a', 'b', 'c', 'join']);
});

test('what cannot be paused or resumed is refused with the reason', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(branches));
  await installAction(db, { ref: 'other.run' });
  const plain = await request(db, 'other.run');
  const missing = await Promise.all([pause(db, '999', null), resume(db, '999')]);
  expect(missing).toEqual([{ kind: 'not_found' }, { kind: 'not_found' }]);
  for (const deed of [() => pause(db, plain.id, null), () => resume(db, plain.id)]) {
    expect(await deed()).toEqual({ kind: 'not_a_workflow', action_ref: 'other.run' });
  }
  const id = await startFlow(db);
  await claimSome(db, 2);
  await cancel(db, id);
  expect(await pause(db, id, null)).toEqual({ kind: 'canceling' });
  const ended = await startFlow(db);
  await cancel(db, ended);
  expect(await pause(db, ended, null)).toEqual({ kind: 'already_final', status: 'cancelled' });
  expect(await resume(db, ended)).toEqual({ kind: 'already_final', status: 'cancelled' });
});

test('no retry is made while paused, and one that came due is made at once afterwards', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow('version: 1.0.0\ntasks:\n  - { name: flaky, action: test.do, retry: { count: 2, delay: 0 } }\n'),
  );
  const id = await startFlow(db);
  await finishAll(db, await claimSome(db, 1), failed());
  await pause(db, id, null);
  expect(await retry(db)).toBe(0);
  // nobody is woken for it either, nor has others wait behind it
  expect((await whatWaits(db)).retry_seconds).toBeNull();
  expect(await executionQueue.retryDue(db, 1, '0')).toEqual([]);
  await resume(db, id);
  expect(await retry(db)).toBe(1);
  const second = await claimSome(db, 1);
  await pause(db, id, null);
  await finishAll(db, second, failed()); // whether it is retried is decided on resume
  expect(await retry(db)).toBe(0);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['flaky/3']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('no item is released while paused, and none is left out or run twice afterwards', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: many, action: test.do, with_items: "{{ range(6) }}", concurrency: 2, input: { n: "{{ item }}" } }
`),
  );
  const id = await startFlow(db);
  const first = await claimSome(db, 1);
  await pause(db, id, null);
  await finishAll(db, first);
  expect(await anythingMoves(db)).toBe(false);
  const rows = () => db.many(sql`select id from execution where parent = ${id}`);
  expect(await rows()).toHaveLength(2);
  await resume(db, id);
  expect(await playOut(db)).toHaveLength(5);
  expect(await rows()).toHaveLength(6);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a delayed task goes on waiting, and does not start while paused although its time came', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow('version: 1.0.0\ntasks:\n  - { name: later, action: test.do, delay: 3600 }\n'));
  const id = await startFlow(db);
  const due = async () =>
    (await db.one<{ run_after: string }>(sql`select run_after from execution where parent = ${id}`)).run_after;
  const before = await due();
  await pause(db, id, null);
  await resume(db, id);
  expect(await due()).toBe(before);
  expect(await anythingMoves(db)).toBe(true); // it is admitted, not claimed
  expect(await statuses(db)).toEqual({ later: 'scheduled' });
  await pause(db, id, null);
  await db.run(sql`update execution set run_after = now() where parent = ${id}`);
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['later']);
});

test('a lost worker is abandoned while paused, and started again on resume where the action allows it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - { name: again, action: test.restartable }
  - { name: lost, action: test.do, next: [ { when: failed(), do: [noop] } ] }
`),
    'actions/restartable.yaml': 'ref: test.restartable\nentry_point: do.sh\non_worker_lost: restart\n',
  });
  const id = await startFlow(db);
  await claimSome(db, 2);
  await pause(db, id, null);
  await letLeasesRunOut(db);
  await rescue(db, (_, error) => {
    throw error;
  });
  expect(await statuses(db)).toEqual({ again: 'abandoned', lost: 'abandoned' });
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['again/2']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a claim handed back while paused waits for the resume', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow('version: 1.0.0\ntasks:\n  - { name: one, action: test.do }\n'));
  const id = await startFlow(db);
  const [one] = await claimSome(db, 1);
  await pause(db, id, null);
  expect(await handBack(db, { execution: one?.id ?? '', lease_token: one?.lease_token ?? '' })).toBe(true);
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['one']);
});

const nested = {
  ...flow(`
version: 1.0.0
tasks:
  - { name: own, action: test.do }
  - { name: middle, action: test.middle, next: [ { do: [after] } ] }
  - { name: after, action: test.do }
`),
  'actions/middle.yaml': 'ref: test.middle\nworkflow_file: workflows/middle.workflow.yaml\n',
  'actions/workflows/middle.workflow.yaml': `
version: 1.0.0
tasks:
  - { name: mine, action: test.do, next: [ { do: [mine_after] } ] }
  - { name: mine_after, action: test.do }
  - { name: inner, action: test.inner }
`,
  'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
  'actions/workflows/inner.workflow.yaml': `
version: 1.0.0
tasks:
  - { name: deep, action: test.do, next: [ { do: [deep_after] } ] }
  - { name: deep_after, action: test.do }
`,
};

const executionOf = async (db: Database, task: string): Promise<string> =>
  (
    await db.one<{ id: string }>(sql`
      select id from execution where workflow_task->>'task_name' = ${task} order by id desc limit 1`)
  ).id;

const pausedBy = async (db: Database): Promise<Record<string, string | null>> =>
  Object.fromEntries(
    (
      await db.many<{ ref: string; by: string | null }>(sql`
        select e.action_ref as ref, b.action_ref as by from workflow_execution w join execution e on e.id = w.execution
        left join execution b on b.id = w.paused_by order by w.id`)
    ).map(({ ref, by }) => [ref, by]),
  );

test('a pause holds the runs below, at any depth, and nothing of them is lost', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const id = await startFlow(db);
  const running = await claimSome(db, 3);
  await pause(db, id, null);
  expect(await pausedBy(db)).toEqual({
    'test.flow': 'test.flow',
    'test.middle': 'test.flow',
    'test.inner': 'test.flow',
  });
  await finishAll(db, running);
  expect(await statuses(db)).toMatchObject({
    own: 'completed',
    mine: 'completed',
    deep: 'completed',
    inner: 'running',
  });
  expect(await anythingMoves(db)).toBe(false);
  expect(await resume(db, await executionOf(db, 'middle'))).toEqual({ kind: 'paused_above', paused_by: id });
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['mine_after', 'deep_after', 'after']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a nested run that was paused for itself stays paused when the one above is resumed, and the other way round', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const id = await startFlow(db);
  const middle = await executionOf(db, 'middle');
  await pause(db, middle, 'mine');
  await pause(db, id, 'all');
  expect(await pausedBy(db)).toEqual({
    'test.flow': 'test.flow',
    'test.middle': 'test.middle',
    'test.inner': 'test.middle',
  });
  await resume(db, id);
  expect(await pausedBy(db)).toEqual({ 'test.flow': null, 'test.middle': 'test.middle', 'test.inner': 'test.middle' });
  expect(await playOut(db)).toEqual(['own']);

  await pause(db, id, 'all again');
  expect(await resume(db, middle)).toEqual({ kind: 'held', paused_by: id });
  expect(await pausedBy(db)).toEqual({
    'test.flow': 'test.flow',
    'test.middle': 'test.flow',
    'test.inner': 'test.flow',
  });
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['mine', 'deep', 'mine_after', 'deep_after', 'after']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a paused run can be cancelled: nothing that ended meanwhile is decided any more', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const id = await startFlow(db);
  const running = await claimSome(db, 2);
  await pause(db, id, null);
  await finishAll(db, running.slice(0, 1));
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  await finishAll(db, running.slice(1));
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await playOut(db)).toEqual([]);
  expect(await db.many(sql`select id from workflow_execution where paused or status <> 'cancelled'`)).toEqual([]);
  expect(await db.many(sql`select id from execution where held`)).toEqual([]);
  expect(await db.many(sql`select id from paused_end`)).toEqual([]);
});

test('the time limit of a run goes on counting while it is paused', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...nested,
    ...flow(
      'version: 1.0.0\ntasks:\n  - { name: middle, action: test.middle, timeout: 60, next: [ { when: timed_out(), do: [late] } ] }\n  - { name: late, action: test.do }\n',
    ),
  });
  const id = await startFlow(db);
  await pause(db, id, null);
  await db.run(sql`
    update execution set started_at = now() - interval '61 seconds' where workflow_task->>'task_name' = 'middle'`);
  expect(await expire(db)).toBe(1);
  expect(await statuses(db)).toMatchObject({
    middle: 'timeout',
    mine: 'cancelled',
    inner: 'cancelled',
    deep: 'cancelled',
  });
  expect(await anythingMoves(db)).toBe(false);
  await resume(db, id);
  expect(await playOut(db)).toEqual(['late']);
});

test('a question can be answered while its run is paused; the run goes on when it is resumed', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerCore(db);
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: gate, action: core.ask, next: [ { when: result().response, do: [go] } ] }
  - { name: go, action: test.do }
`),
  );
  const id = await startFlow(db);
  const { inquiry, by } = await db.one<{ inquiry: string; by: string }>(sql`
    with who as (insert into identity (login) values ('anna') returning id)
    select q.id as inquiry, who.id as by from inquiry q, who`);
  await pause(db, id, null);
  expect(await respond(db, { inquiry, response: true, by })).toEqual({ kind: 'responded' });
  expect(await statuses(db)).toEqual({ gate: 'completed' });
  await resume(db, id);
  expect(await playOut(db)).toEqual(['go']);
});

test('pausing and resuming thousands of tasks takes as many statements as two', async () => {
  const statements = async (count: number) => {
    await using fresh = await freshDatabase();
    const { db } = fresh;
    const tasks = Array.from({ length: count }, (_, n) => `  - { name: t${n}, action: test.do }`).join('\n');
    await registerTestPack(db, flow(`version: 1.0.0\ntasks:\n${tasks}\n`));
    const id = await startFlow(db);
    const counted = counting(db);
    await pause(counted.db, id, null);
    expect(await db.one(sql`select count(*)::int as count from execution where held`)).toEqual({ count });
    await resume(counted.db, id);
    while ((await admit(db)) > 0);
    expect(await db.one(sql`select count(*)::int as count from execution where status = 'scheduled'`)).toEqual({
      count,
    });
    return counted.statements();
  };
  expect(await statements(2_000)).toBe(await statements(2));
}, 60_000);

test('whoever dies between any two statements of a pause or a resume leaves it done or not begun', async () => {
  for (let at = 1, over = false; !over; at += 1) {
    await using fresh = await freshDatabase();
    const { db } = fresh;
    await registerTestPack(db, nested);
    const id = await startFlow(db);
    const running = await claimSome(db, 2);
    const first = crashing(fresh.open(), at);
    await surviving(() => pause(first.db, id, null));
    await pause(db, id, null);
    await finishAll(db, running);
    const second = crashing(fresh.open(), at);
    await surviving(() => resume(second.db, id));
    await resume(db, id);
    const order = await playOut(db);
    expect([...order].sort()).toEqual(['after', 'deep', 'deep_after', 'mine_after']);
    expect((await runOf(db, id)).status).toBe('completed');
    over = !first.hasCrashed() && !second.hasCrashed();
  }
}, 240_000);

test('a pause that meets ends and claims lets each of them come first or wait, and nothing is done twice', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const id = await startFlow(db);
  const running = await claimSome(db, 2);
  await Promise.all([
    pause(fresh.open(), id, null),
    ...running.map(({ id: execution, lease_token }) => finish(fresh.open(), { execution, lease_token, outcome: done })),
  ]);
  const started = await db.one<{ count: number }>(sql`
    select count(*)::int as count from execution where status = 'scheduled'`);
  expect(started.count).toBe(0);
  await resume(db, id);
  const order = await playOut(db);
  expect([...order].sort()).toEqual(['after', 'deep', 'deep_after', 'mine_after'].sort());
  expect((await runOf(db, id)).status).toBe('completed');
});
