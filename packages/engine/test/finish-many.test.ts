import type { Id } from '@attune/core';
import { sql, workflowExecutions, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import {
  cancel,
  claim,
  finishAll,
  pause,
  type ClaimedExecution,
  type Finish,
  type HandOver,
  type Report,
} from '../src/index.ts';
import { flow, registerTestPack, startFlow } from './play.ts';
import { counting } from './statements.ts';
import { installWorker, request } from './support.ts';

const chain = flow(`
version: 1.0.0
tasks:
  - { name: first, action: test.do, next: [ { do: [second] } ] }
  - { name: second, action: test.do, next: [ { do: [third] } ] }
  - { name: third, action: test.do }
`);

const report = ({ id, lease_token, revision, workflow_execution }: ClaimedExecution): Report => ({
  execution: id,
  lease_token,
  outcome: { kind: 'succeeded', result: { succeeded: true, exit_code: 0 } },
  claimed: { revision, workflow_execution },
});

const takeAll = (db: Database, worker: Id): Promise<ClaimedExecution[]> =>
  claim(db, { worker, runtimes: ['shell'], limit: 1_000 });

const handTo = (worker: Id, limit: number) => (): HandOver => ({ worker, lanes: [{ runtimes: ['shell'], limit }] });

const statusCounts = async (db: Database): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await db.many<{ status: string; count: number }>(
        sql`select status, count(*)::int as count from execution group by status`,
      )
    ).map(({ status, count }) => [status, count]),
  );

async function manyRuns(count: number) {
  const fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, chain);
  for (let n = 0; n < count; n += 1) await startFlow(db);
  const worker = await installWorker(db, 'a');
  return { fresh, db, worker, claimed: await takeAll(db, worker) };
}

test('ends of tasks of thirty runs are recorded by as many statements as those of two', async () => {
  const statements = async (count: number) => {
    const { fresh, db, worker, claimed } = await manyRuns(count);
    await using _ = fresh;
    // what a process reads once is read by now
    const [first, ...others] = claimed.map(report);
    const counted = counting(db);
    await finishAll(counted.db, first === undefined ? [] : [first], handTo(worker, 1));
    const before = counted.statements();
    const { answers, handedOver } = await finishAll(counted.db, others, handTo(worker, 1_000));
    expect([...answers.values()]).toEqual(others.map(() => 'recorded'));
    expect(handedOver).toHaveLength(count - 1);
    return counted.statements() - before;
  };
  const few = await statements(3);
  expect(await statements(31)).toBe(few);
  // lock and end, record and create
  expect(few).toBe(4);
});

test('next tasks are handed over as claims, as many as there is room for, and the others wait', async () => {
  const { fresh, db, worker, claimed } = await manyRuns(5);
  await using _ = fresh;
  const { handedOver, schedules } = await finishAll(db, claimed.map(report), handTo(worker, 3));
  expect(handedOver).toHaveLength(3);
  expect(schedules).toBe(true);
  expect(await statusCounts(db)).toMatchObject({ running: 3 + 5, scheduled: 2, completed: 5 });
  const [one] = handedOver;
  expect(one).toMatchObject({
    action_ref: 'test.do',
    runtime: 'shell',
    attempt: 1,
    config: {},
    definition: { ref: 'test.do' },
    rule_ref: null,
  });
  expect(
    await db.one(
      sql`select worker, lease_token, lease_until > attune.clock() as leased from execution where id = ${one?.id}`,
    ),
  ).toEqual({
    worker,
    lease_token: one?.lease_token,
    leased: true,
  });
  // and it is reported like any claim
  const after = await finishAll(db, handedOver.map(report), handTo(worker, 3));
  expect([...after.answers.values()]).toEqual(['recorded', 'recorded', 'recorded']);
  expect(after.handedOver).toHaveLength(3);
});

test('nothing is handed over in a run that is paused or cancelled, nor what another runtime must run', async () => {
  const { fresh, db, worker, claimed } = await manyRuns(3);
  await using _ = fresh;
  const owners = await db.many<{ id: Id }>(sql`select id from execution where workflow_def is not null order by id`);
  await pause(db, owners[0]?.id ?? '', null);
  await cancel(db, owners[1]?.id ?? '');
  const paused = await finishAll(db, claimed.slice(0, 2).map(report), handTo(worker, 5));
  expect(paused.handedOver).toEqual([]);
  const other = await finishAll(db, claimed.slice(2).map(report), () => ({
    worker,
    lanes: [{ runtimes: ['python'], limit: 5 }],
  }));
  expect(other).toMatchObject({ handedOver: [], schedules: true });
});

test('one report that cannot be recorded harms no other', async () => {
  const { fresh, db, claimed } = await manyRuns(4);
  await using _ = fresh;
  const plain = await request(db, 'test.do');
  const [alone] = await takeAll(db, await installWorker(db, 'b'));
  const reports = [...claimed, ...(alone === undefined ? [] : [alone])].map(report);
  const [broken, ...sound] = reports;
  const { answers } = await finishAll(db, [
    ...(broken === undefined ? [] : [{ ...broken, lease_token: 'no token' }]),
    ...sound,
  ]);
  expect(answers.get(broken?.execution ?? '')).toBeInstanceOf(Error);
  expect(sound.map(({ execution }) => answers.get(execution))).toEqual(sound.map(() => 'recorded'));
  expect(answers.get(plain.id)).toBe('recorded');
});

test('where each report gets a transaction of its own, no more is handed over than places are free', async () => {
  const { fresh, db, worker, claimed } = await manyRuns(4);
  await using _ = fresh;
  const [broken, ...sound] = claimed.map(report);
  const asked: number[] = [];
  const { handedOver } = await finishAll(db, [{ ...(broken as Report), lease_token: 'no token' }, ...sound], (some) => {
    asked.push(some.length);
    return { worker, lanes: [{ runtimes: ['shell'], limit: some.length }] };
  });
  expect(handedOver).toHaveLength(3);
  expect(asked).toEqual([4, 1, 1, 1, 1]);
});

test('reports that come too late are refused beside others that are recorded', async () => {
  const { fresh, db, claimed } = await manyRuns(3);
  await using _ = fresh;
  const [first, ...others] = claimed.map(report);
  const late = { ...(first as Report), lease_token: '00000000-0000-4000-8000-000000000000' };
  const { answers } = await finishAll(db, [late, ...others]);
  expect([...answers.values()].sort()).toEqual(['recorded', 'recorded', 'refused']);
  expect(await db.many(sql`select execution from execution_late_report`)).toEqual([{ execution: late.execution }]);
  // the same again is known
  expect([...(await finishAll(db, others)).answers.values()]).toEqual(['recorded', 'recorded']);
});

test('a run that somebody else is at holds up its own reports only', async () => {
  const { fresh, db, claimed } = await manyRuns(3);
  await using _ = fresh;
  const [held, ...others] = claimed;
  const free = others.map(({ id }) => id);
  let finishing: Promise<Finish> | undefined;
  await fresh.open().transaction(async (tx) => {
    await workflowExecutions.lock(tx, held?.workflow_execution ?? '', true);
    finishing = finishAll(db, claimed.map(report));
    await until('the other runs went on', async () => {
      const rows = await db.many(sql`select from execution where status = 'completed' and id = any(${free}::bigint[])`);
      return rows.length === others.length;
    });
  });
  expect([...((await finishing)?.answers.values() ?? [])]).toEqual(['recorded', 'recorded', 'recorded']);
});
