import { builtinRuntime, type Id, type JsonObject } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import {
  claim,
  finishAll,
  pause,
  take,
  type ClaimedExecution,
  type HandOver,
  type Report,
  type RunAtOnce,
} from '../src/index.ts';
import { flow, registerTestPack, runOf, startFlow } from './play.ts';
import { counting } from './statements.ts';
import { installAction, installWorker, request, rowsOf } from './support.ts';

const noop = {
  ref: 'core.noop',
  runtime: builtinRuntime,
  parameters: { message: { type: 'string' }, fails: { type: 'boolean' } },
};

/** Answers its message, unless it is told to fail. */
const runAtOnce: RunAtOnce = ({ action_ref, config }) => {
  if (action_ref !== noop.ref) return undefined;
  const { message, fails } = config ?? {};
  const said = typeof message === 'string' ? message : '';
  return {
    outcome:
      fails === true
        ? { kind: 'failed', result: { succeeded: false, exit_code: 1 } }
        : { kind: 'succeeded', result: { succeeded: true, exit_code: 0, stdout: said } },
    log: said === '' ? [] : [{ stream: 'stdout', byte_offset: 0, content: Buffer.from(said) }],
  };
};

const report = ({ id, lease_token, revision, workflow_execution }: ClaimedExecution): Report => ({
  execution: id,
  lease_token,
  outcome: { kind: 'succeeded', result: { succeeded: true, exit_code: 0 } },
  claimed: { revision, workflow_execution },
});

const handTo = (worker: Id) => (): HandOver => ({
  worker,
  lanes: [{ runtimes: ['shell', builtinRuntime], limit: 1 }],
  runAtOnce,
});

/** A run whose first task is a process of which the end is about to be reported. */
async function started(db: Database, graph: string): Promise<{ run: Id; worker: Id; first: Report }> {
  await installAction(db, noop);
  await installAction(db, { ref: 'core.sleep', runtime: builtinRuntime });
  await registerTestPack(db, flow(graph));
  const run = await startFlow(db);
  const worker = await installWorker(db, 'a');
  const [claimed] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (claimed === undefined) throw new Error('The first task was to wait');
  return { run, worker, first: report(claimed) };
}

const chain = (length: number): string => `
version: 1.0.0
tasks:
  - { name: first, action: test.do, next: [ { do: [t1] } ] }
${Array.from({ length }, (_, n) => `  - { name: t${n + 1}, action: core.noop, input: { message: "step ${n + 1}" }${n + 1 < length ? `, next: [ { do: [t${n + 2}] } ]` : ''} }`).join('\n')}
`;

test('tasks that only compute are run in the transaction that would have created them, to the end of the run', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  const { run, worker, first } = await started(db, chain(3));
  const { handedOver, schedules } = await finishAll(db, [first], handTo(worker));
  expect({ handedOver, schedules }).toEqual({ handedOver: [], schedules: false });
  expect(await runOf(db, run)).toMatchObject({ status: 'completed' });
  const rows = await db.many<JsonObject & { id: Id }>(sql`
    select id, status, worker, lease_token, lease_until, result->>'stdout' as said, started_at is not null as started,
      completed_at >= created as ended, result_hash is not null as hashed, workflow_task->>'duration_ms' as ms,
      workflow_task->>'completed_at' is not null as told
    from execution where action_ref = 'core.noop' order by id`);
  expect(rows).toMatchObject(
    [1, 2, 3].map((n) => ({
      ...{ status: 'completed', worker, lease_token: null, lease_until: null, said: `step ${n}` },
      ...{ started: true, ended: true, hashed: true, ms: '0', told: true },
    })),
  );
  expect(
    await db.many(sql`select convert_from(content, 'UTF8') as said from execution_log order by execution`),
  ).toEqual([1, 2, 3].map((n) => ({ said: `step ${n}` })));
});

test('at most fifty follow from each other in one transaction; the next is handed over, and goes on', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  const { run, worker, first } = await started(db, chain(60));
  const { handedOver } = await finishAll(db, [first], handTo(worker));
  expect(handedOver.map(({ config }) => config)).toEqual([{ message: 'step 51' }]);
  expect((await rowsOf(db, 'core.noop')).map(({ status }) => status)).toEqual([
    ...new Array<string>(50).fill('completed'),
    'running',
  ]);
  await finishAll(db, handedOver.map(report), handTo(worker));
  expect(await runOf(db, run)).toMatchObject({ status: 'completed' });
});

test('one that fails is retried by its policy, and one that does not only compute is handed over', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  const { worker, first } = await started(
    db,
    `
version: 1.0.0
tasks:
  - { name: first, action: test.do, next: [ { do: [again, sleep] } ] }
  - { name: again, action: core.noop, input: { fails: true }, retry: { count: 2, delay: 60 } }
  - { name: sleep, action: core.sleep }
`,
  );
  const { handedOver, waits } = await finishAll(db, [first], handTo(worker));
  expect(handedOver.map(({ action_ref }) => action_ref)).toEqual(['core.sleep']);
  expect(waits).toBe(true);
  const [again] = await rowsOf(db, 'core.noop');
  expect(again).toMatchObject({ status: 'failed', lease_token: null });
  expect(again?.workflow_task?.['next_retry_at']).toEqual(expect.any(String));
});

test('nothing is run in a run that is paused', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  const { run, worker, first } = await started(db, chain(2));
  await pause(db, run, null);
  await finishAll(db, [first], handTo(worker));
  expect(await rowsOf(db, 'core.noop')).toEqual([]);
});

test('a task whose running fails the transaction is handed over instead, and the report is recorded', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  const { run, worker, first } = await started(db, chain(2));
  const failing: RunAtOnce = (execution) => {
    if (execution.config?.['message'] === 'step 2') throw new Error('not now');
    return runAtOnce(execution);
  };
  const { answers, handedOver } = await finishAll(db, [first], () => ({ ...handTo(worker)(), runAtOnce: failing }));
  expect([...answers.values()]).toEqual(['recorded']);
  expect(handedOver.map(({ config }) => config)).toEqual([{ message: 'step 1' }]);
  await finishAll(db, handedOver.map(report), handTo(worker));
  expect(await runOf(db, run)).toMatchObject({ status: 'completed' });
});

const taking = (
  db: Database,
  worker: Id,
  limit = 10,
  onTaken: Parameters<typeof take>[1]['onTaken'] = () => undefined,
) => take(db, { worker, runtime: builtinRuntime, limit, after: null, runAtOnce, onTaken });

test('what waits in the queue and only computes ends with the transaction that takes it: one write, two statements', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  await installAction(db, noop);
  const worker = await installWorker(db, 'a');
  for (const fails of [false, true, false]) await request(db, 'core.noop', { fails });
  const seen: string[] = [];
  const counted = counting(db);
  await taking(counted.db, worker, 1); // reads the definitions, once for all
  const before = counted.statements();
  expect(await taking(counted.db, worker, 10, (rows) => seen.push(...rows.map(({ id }) => id)))).toEqual({
    ended: 2,
    claimed: [],
  });
  expect(counted.statements() - before).toBe(2);
  const rows = await rowsOf(db, 'core.noop');
  expect(rows.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
  expect(rows.map(({ lease_token }) => lease_token)).toEqual([null, null, null]);
  expect(rows.slice(1).map(({ id }) => id)).toEqual(seen);
  expect(await taking(db, worker)).toEqual({ ended: 0, claimed: [] });
});

test('what does not only compute, and every task of a workflow, is claimed under a lease', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  await installAction(db, noop);
  await installAction(db, { ref: 'core.sleep', runtime: builtinRuntime });
  await registerTestPack(db, flow('version: 1.0.0\ntasks:\n  - { name: only, action: core.noop }\n'));
  const worker = await installWorker(db, 'a');
  await request(db, 'core.sleep');
  const run = await startFlow(db);
  const { ended, claimed } = await taking(db, worker);
  expect(ended).toBe(0);
  expect(claimed).toMatchObject([
    {
      action_ref: 'core.sleep',
      workflow_execution: null,
      attempt: 1,
      rule_ref: null,
      definition: { ref: 'core.sleep' },
    },
    { action_ref: 'core.noop', attempt: 1 },
  ]);
  const leased = await db.many(sql`
    select lease_token, worker from execution where status = 'running' and lease_until > attune.clock() and workflow_def is null order by id`);
  expect(leased).toEqual(claimed.map(({ lease_token }) => ({ lease_token, worker })));
  await finishAll(db, claimed.map(report), handTo(worker));
  expect(await runOf(db, run)).toMatchObject({ status: 'completed' });
});

test('two that take at once share what waits, and a transaction that fails leaves it waiting', async () => {
  const fresh = await freshDatabase();
  await using _ = fresh;
  const { db } = fresh;
  await installAction(db, noop);
  const worker = await installWorker(db, 'a');
  for (let n = 0; n < 6; n += 1) await request(db, 'core.noop');
  let second: Promise<{ ended: number }> | undefined;
  const first = taking(db, worker, 4, () => {
    second ??= taking(db, worker, 4);
  });
  expect([(await first).ended, (await second)?.ended]).toEqual([4, 2]);

  await request(db, 'core.noop');
  await expect(
    take(db, {
      ...{ worker, runtime: builtinRuntime, limit: 1, after: null, onTaken: () => undefined },
      runAtOnce() {
        throw new Error('not now');
      },
    }),
  ).rejects.toThrow('not now');
  expect((await rowsOf(db, 'core.noop')).map(({ status }) => status)).toEqual([
    ...new Array<string>(6).fill('completed'),
    'scheduled',
  ]);
});
