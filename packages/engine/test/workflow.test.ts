import {
  buildGraph,
  replayRun,
  type Decision,
  type JsonObject,
  type RunEvent,
  type WorkflowDefinition,
} from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { cancel, claim, expire, finish, rescue } from '../src/index.ts';
import { failed, flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { installWorker, letLeasesRunOut } from './support.ts';

const unexpected = (id: string, error: unknown) => {
  throw new Error(`Execution ${id} could not be rescued`, { cause: error });
};

const sequence = `
version: 1.0.0
vars: { total: 0 }
tasks:
  - name: first
    action: test.do
    input: { n: "{{ parameters.n }}" }
    next:
      - when: succeeded()
        publish: [ { total: "{{ result().sum }}" } ]
        do: [second]
  - name: second
    action: test.do
    input: { n: "{{ workflow.total }}" }
output_map: { total: "{{ task.second.sum }}" }
`;

const plusOne = (config: JsonObject) => ({ sum: Number(config['n']) + 1 });

test('a sequence hands results on and ends with its output', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(sequence));
  const id = await startFlow(db, { n: 40 });
  expect(await playOut(db, plusOne)).toEqual(['first', 'second']);
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { total: 42, succeeded: true } });
});

test('every task execution carries the twelve documented keys, and ours', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(sequence));
  await startFlow(db, { n: 1 });
  await playOut(db, plusOne);
  const rows = await db.many<{ workflow_task: JsonObject }>(sql`
    select workflow_task from execution where workflow_task is not null order by id`);
  expect(rows).toHaveLength(2);
  for (const { workflow_task } of rows) {
    expect(workflow_task).toMatchObject({
      workflow_execution: expect.any(Number) as number,
      task_index: null,
      task_batch: null,
      retry_count: 0,
      max_retries: 0,
      next_retry_at: null,
      timeout_seconds: null,
      timed_out: false,
      duration_ms: expect.any(Number) as number,
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      completed_at: expect.stringMatching(/Z$/) as string,
      visit: 1,
      attempt: 1,
    });
  }
  expect(rows[1]?.workflow_task).toMatchObject({ task_name: 'second', triggered_by: 'first' });
});

test('a join starts once, after both branches', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: start, action: test.do, next: [ { do: [left, right] } ] }
  - { name: left, action: test.do, next: [ { do: [merge] } ] }
  - { name: right, action: test.do, next: [ { do: [merge] } ] }
  - { name: merge, action: test.do, join: all }
`),
  );
  const id = await startFlow(db);
  expect(await playOut(db)).toEqual(['start', 'left', 'right', 'merge']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('branches that end at the same moment on two workers start the join once', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const names = Array.from({ length: 12 }, (_, n) => `branch_${n}`);
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
${names.map((name) => `  - { name: ${name}, action: test.do, next: [ { do: [merge] } ] }`).join('\n')}
  - { name: merge, action: test.do, join: all }
`),
  );
  const id = await startFlow(db);
  const other = fresh.open();
  const workers = await Promise.all([installWorker(db, 'a'), installWorker(db, 'b')]);
  const claims = await Promise.all(
    workers.map((worker, index) =>
      claim(index === 0 ? db : other, { worker, runtimes: ['shell'], limit: names.length / 2 }),
    ),
  );
  const done = { kind: 'succeeded' as const, result: { succeeded: true } };
  await Promise.all(
    claims
      .flat()
      .map(({ id: execution, lease_token }, index) =>
        finish(index % 2 === 0 ? db : other, { execution, lease_token, outcome: done }),
      ),
  );
  expect(await playOut(db)).toEqual(['merge']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a failed attempt waits for its retry, and the next one names the first', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - name: flaky
    action: test.do
    retry: { count: 2, delay: 0 }
    next: [ { when: succeeded(), do: [after] } ]
  - { name: after, action: test.do }
`),
  );
  const id = await startFlow(db);
  const attempts: number[] = [];
  const order = await playOut(db, (_, { attempt }) => {
    attempts.push(attempt);
    return attempts.length <= 2 ? failed() : {};
  });
  expect(order).toEqual(['flaky', 'flaky/2', 'flaky/3', 'after']);
  expect((await runOf(db, id)).status).toBe('completed');
  expect(
    await db.many(sql`
      select status, retry_count, original_execution is not null as later, workflow_task->'next_retry_at' as next
      from execution where workflow_task->>'task_name' = 'flaky' order by id`),
  ).toEqual([
    { status: 'failed', retry_count: 0, later: false, next: null },
    { status: 'failed', retry_count: 1, later: true, next: null },
    { status: 'completed', retry_count: 2, later: true, next: null },
  ]);
});

test('a retry that is not due yet waits, by the documented query', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: flaky, action: test.do, retry: { count: 1, delay: 3600 } }
`),
  );
  const id = await startFlow(db);
  expect(await playOut(db, () => failed())).toEqual(['flaky']);
  expect((await runOf(db, id)).status).toBe('running');
  await db.run(sql`
    update execution set workflow_task = workflow_task || jsonb_build_object('next_retry_at', attune.instant(now()))
    where workflow_task->>'next_retry_at' is not null`);
  expect(await playOut(db)).toEqual(['flaky/2']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('a nested workflow runs as a task, and its end advances the one above', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - name: inner
    action: test.inner
    input: { n: "{{ parameters.n }}" }
    next: [ { when: succeeded(), publish: [ { got: "{{ result().total }}" } ] } ]
output_map: { got: "{{ workflow.got }}" }
`),
    'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
    'actions/workflows/inner.workflow.yaml': sequence,
  });
  const id = await startFlow(db, { n: 1 });
  expect(await playOut(db, plusOne)).toEqual(['first', 'second']);
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { got: 3 } });
});

test('a task that cannot start fails without started_at, and failed() sees it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - name: strict
    action: test.strict
    input: { count: "{{ parameters.count }}" }
    next: [ { when: failed(), do: [handled] } ]
  - { name: handled, action: test.do }
`),
    'actions/strict.yaml':
      'ref: test.strict\nentry_point: do.sh\nparameters: { count: { type: integer, required: true } }\n',
  });
  const id = await startFlow(db, { count: 'many' });
  expect(await playOut(db)).toEqual(['handled']);
  expect((await runOf(db, id)).status).toBe('completed');
  const strict = await db.one<{ status: string; started_at: string | null; result: JsonObject }>(sql`
    select status, started_at, result from execution where workflow_task->>'task_name' = 'strict'`);
  expect(strict).toMatchObject({ status: 'failed', started_at: null });
  expect(JSON.stringify(strict.result)).toContain('/count');
});

test('a lost worker is retried by the policy first, then restarted where the action allows it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - { name: fragile, action: test.restartable, next: [ { when: succeeded(), do: [after] } ] }
  - { name: after, action: test.do }
`),
    'actions/restartable.yaml': 'ref: test.restartable\nentry_point: do.sh\non_worker_lost: restart\n',
  });
  const id = await startFlow(db);
  await claim(db, { worker: await installWorker(db, 'lost'), runtimes: ['shell'], limit: 1 });
  await letLeasesRunOut(db);
  await rescue(db, unexpected);
  expect(await playOut(db)).toEqual(['fragile/2', 'after']);
  expect((await runOf(db, id)).status).toBe('completed');
  expect(
    await db.many(sql`
      select status, retry_count, (workflow_task->>'attempt')::int as attempt from execution
      where workflow_task->>'task_name' = 'fragile' order by id`),
  ).toEqual([
    { status: 'abandoned', retry_count: 0, attempt: 1 },
    { status: 'completed', retry_count: 0, attempt: 2 },
  ]);
});

const twoBranches = `
version: 1.0.0
cancellation_policy: cancel_running
tasks:
  - { name: a, action: test.do, next: [ { do: [later] } ] }
  - { name: b, action: test.do, next: [ { do: [later] } ] }
  - { name: later, action: test.do }
`;

test('cancelling a workflow cancels what waits, stops what runs, and nothing starts afterwards', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(twoBranches));
  const id = await startFlow(db);
  const worker = await installWorker(db, 'a');
  const [running] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (running === undefined) throw new Error('nothing was claimed');
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  expect(await statuses(db)).toEqual({ a: 'canceling', b: 'cancelled' });
  await finish(db, {
    execution: running.id,
    lease_token: running.lease_token,
    outcome: { kind: 'cancelled', result: { succeeded: false } },
  });
  expect(await runOf(db, id)).toMatchObject({ status: 'cancelled', result: { succeeded: false } });
  expect(await playOut(db)).toEqual([]);
  expect(await statuses(db)).toEqual({ a: 'cancelled', b: 'cancelled' });
});

test('a workflow that only lets finish ends when its running task has', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(twoBranches.replace('cancel_running', 'allow_finish')));
  const id = await startFlow(db);
  const [running] = await claim(db, { worker: await installWorker(db, 'a'), runtimes: ['shell'], limit: 1 });
  if (running === undefined) throw new Error('nothing was claimed');
  await cancel(db, id);
  expect(await statuses(db)).toEqual({ a: 'running', b: 'cancelled' });
  await finish(db, {
    execution: running.id,
    lease_token: running.lease_token,
    outcome: { kind: 'succeeded', result: { succeeded: true } },
  });
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await statuses(db)).toEqual({ a: 'completed', b: 'cancelled' });
});

test('a single task that is cancelled ends its run as cancelled', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(sequence));
  const id = await startFlow(db, { n: 1 });
  const task = await db.one<{ id: string }>(sql`select id from execution where workflow_task->>'task_name' = 'first'`);
  expect(await cancel(db, task.id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await playOut(db)).toEqual([]);
});

test('a nested workflow past its time limit ends as timeout and the one above takes its timed_out() branch', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - { name: slow, action: test.inner, timeout: 60, next: [ { when: timed_out(), do: [late] }, { when: succeeded(), do: [early] } ] }
  - { name: late, action: test.do }
  - { name: early, action: test.do }
`),
    'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
    'actions/workflows/inner.workflow.yaml': twoBranches,
  });
  const id = await startFlow(db);
  expect(await expire(db)).toBe(0);
  await db.run(sql`
    update execution set started_at = now() - interval '61 seconds' where workflow_task->>'task_name' = 'slow'`);
  expect(await expire(db)).toBe(1);
  expect(await playOut(db)).toEqual(['late']);
  expect((await runOf(db, id)).status).toBe('completed');
  expect(await statuses(db)).toMatchObject({ slow: 'timeout', a: 'cancelled', b: 'cancelled', late: 'completed' });
});

test('the kept state of a run is what its record rebuilds', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow(twoBranches.replaceAll('test.do', 'test.restartable')),
    'actions/restartable.yaml': 'ref: test.restartable\nentry_point: do.sh\non_worker_lost: restart\n',
  });
  await startFlow(db);
  const worker = await installWorker(db, 'a');
  await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  await letLeasesRunOut(db);
  await rescue(db, unexpected);
  const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (one === undefined) throw new Error('nothing was claimed');
  const outcome = { kind: 'succeeded' as const, result: { succeeded: true } };
  await finish(db, { execution: one.id, lease_token: one.lease_token, outcome });
  const run = await db.one<{
    id: string;
    state: JsonObject;
    variables: JsonObject;
    task_graph: JsonObject;
    start: string;
  }>(sql`
    select w.id, w.state, w.variables, w.task_graph, e.started_at as start
    from workflow_execution w join execution e on e.id = w.execution`);
  const steps = await db.many<{ decision: JsonObject; result: JsonObject | null }>(sql`
    select s.decision, e.result from workflow_step s left join execution e on e.id = s.execution
    where s.workflow_execution = ${run.id} order by s.step`);
  const events = steps.flatMap(({ decision, result }): RunEvent[] => {
    const { finished, successor } = decision as unknown as Partial<Decision> & { successor?: Successor };
    if (successor !== undefined) return [{ ...successor, kind: 'retried' }];
    return finished ? [{ kind: 'finished', finished: { ...finished, result } }] : [];
  });
  const rebuilt = replayRun(
    buildGraph(run.task_graph as unknown as WorkflowDefinition),
    { parameters: {}, config: {}, keystore: {}, workflow_start: run.start },
    events,
  );
  expect(rebuilt).toMatchObject({ state: run.state, variables: run.variables });
});

interface Successor {
  task: string;
  visit: number;
  attempt: number;
}

async function statuses(db: Database): Promise<Record<string, string>> {
  const rows = await db.many<{ task: string; status: string }>(sql`
    select workflow_task->>'task_name' as task, status from execution where workflow_task is not null order by id`);
  return Object.fromEntries(rows.map((row) => [row.task, row.status]));
}
