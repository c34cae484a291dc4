import { replay, type Id, type JsonObject, type Proof } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { claim, explainExecution, finish, pause, rescue, resume, type ExecutionExplanation } from '../src/index.ts';
import { failed, flow, playOut, registerTestPack, startFlow } from './play.ts';
import { installWorker, letLeasesRunOut, request } from './support.ts';

async function explain(db: Database, id: Id, task?: string): Promise<ExecutionExplanation> {
  const explained = await explainExecution(db, id, task);
  if (explained === undefined || 'no_such_task' in explained) throw new Error('Nothing was explained');
  return explained;
}

const taskOf = ({ workflow }: ExecutionExplanation, name: string) => {
  const found = workflow?.tasks.find((task) => task.task === name);
  if (found === undefined) throw new Error(`No task ${name}`);
  return found;
};

/** Every proof in an explanation, as a client sees it, evaluates to the value that stands beside it. */
function expectSound(explanation: ExecutionExplanation): number {
  const seen = JSON.parse(JSON.stringify(explanation)) as JsonObject;
  let proofs = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('condition' in value && 'proof' in value && value.proof !== null) {
      expect(replay(value.proof as Proof)).toBe((value as unknown as JsonObject)['value']);
      proofs += 1;
      return;
    }
    for (const member of Object.values(value)) visit(member);
  };
  visit(seen);
  return proofs;
}

const graph = `
version: 1.0.0
vars: { tries: 0 }
tasks:
  - name: build
    action: test.do
    input: { n: "{{ parameters.n }}" }
    next:
      - when: succeeded() and result().size > 100
        publish: [ { big: "{{ result().size }}" } ]
        do: [shrink]
      - { when: succeeded() and result().size <= 100, do: [ship] }
  - { name: shrink, action: test.do, next: [ { do: [ship] } ] }
  - name: each
    action: test.do
    with_items: "{{ [1, 2, 3] }}"
    concurrency: 1
    next: [ { do: [ship] } ]
  - { name: ship, action: test.do, join: 2 }
`;

test('a run is explained at every moment of it, and every proof evaluates to its value', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(graph));
  const id = await startFlow(db, { n: 1 });
  const first = await explain(db, id);
  expect(first).toMatchObject({
    status: 'running',
    origin: { kind: 'request' },
    standing: { reason: 'waiting_for_children', children: { count: 2 } },
    workflow: { replay: { agrees: true }, failures: [] },
  });
  expect(taskOf(first, 'build').runs[0]?.attempts).toMatchObject([
    { attempt: 1, status: 'scheduled', standing: { reason: 'no_worker_alive' } },
  ]);
  expect(taskOf(first, 'each').runs[0]?.items).toMatchObject({
    count: 3,
    released: 1,
    rest: { state: 'waiting_for_item_slot' },
  });
  expect(taskOf(first, 'ship').state).toBe('not_reached');

  const worker = await installWorker(db, 'w');
  const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (one === undefined) throw new Error('nothing to claim');
  expect(taskOf(await explain(db, id), 'build').runs[0]?.attempts).toMatchObject([
    { status: 'running', standing: { reason: 'running_on_worker', worker: 'w' } },
  ]);
  await finish(db, {
    execution: one.id,
    lease_token: one.lease_token,
    outcome: { kind: 'succeeded', result: { succeeded: true, data: { size: 120 } } },
  });
  const second = await explain(db, id);
  expect(expectSound(second)).toBe(2);
  const [run] = taskOf(second, 'build').runs;
  expect(run?.transitions).toMatchObject([
    { fired: true, published: { big: 120 }, when: { value: true } },
    { fired: false, when: { value: false } },
  ]);
  expect(taskOf(second, 'shrink').runs).toMatchObject([
    { because: [{ task: 'build', visit: 1, transitions: [0] }], attempts: [{ status: 'scheduled' }] },
  ]);

  await playOut(db);
  const last = await explain(db, id);
  expect(last).toMatchObject({
    status: 'completed',
    standing: { reason: 'ended' },
    workflow: { replay: { agrees: true } },
  });
  expect(taskOf(last, 'each').runs[0]).toMatchObject({ outcome: 'succeeded', attempts_total: 3 });
  expect(expectSound(last)).toBe(2);
});

test('one task alone can be explained, and a wrong name is told with those there are', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(graph));
  const id = await startFlow(db, { n: 1 });
  expect((await explain(db, id, 'ship')).workflow?.tasks.map((task) => task.task)).toEqual(['ship']);
  expect(await explainExecution(db, id, 'shp')).toMatchObject({
    no_such_task: 'shp',
    tasks: ['build', 'shrink', 'each', 'ship'],
  });
  expect(await explainExecution(db, '999999')).toBeUndefined();
});

test('a join, a retry and a pause each have their reason', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: left, action: test.do, next: [ { do: [merge] } ] }
  - name: right
    action: test.do
    retry: { count: 1, delay: 3600, on_error: result().error == 'no' }
    next: [ { do: [merge] } ]
  - { name: merge, action: test.do, join: all }
`),
  );
  const id = await startFlow(db);
  const acts: unknown[] = [];
  await playOut(db, () => (acts.push(1) === 1 ? {} : failed()));
  const waiting = await explain(db, id);
  expect(waiting.standing).toMatchObject({ reason: 'waiting_for_retry' });
  expect(taskOf(waiting, 'merge')).toMatchObject({
    state: 'waiting_for_join',
    joins: [{ needed: 2, arrived: ['left'], missing: [{ task: 'right', may_still_come: true }] }],
  });
  expect(taskOf(waiting, 'right').runs[0]).toMatchObject({
    retries: [{ attempt: 1, retry_count: 1, delay_seconds: 3600, on_error: { value: true } }],
    attempts: [{ status: 'failed', error: 'no', standing: { reason: 'waiting_for_retry' } }],
  });
  expect(expectSound(waiting)).toBe(1);
  await pause(db, id, 'lunch');
  const paused = await explain(db, id);
  expect(paused.standing).toMatchObject({ reason: 'paused', execution: id, pause_reason: 'lunch' });
  expect(taskOf(paused, 'right').runs[0]?.attempts).toMatchObject([{ standing: { reason: 'paused' } }]);
});

test('an attempt whose worker was lost while its run is paused waits for the resume, and then starts again', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {
    ...flow('version: 1.0.0\ntasks: [{ name: one, action: test.fragile }]\n'),
    'actions/fragile.yaml': 'ref: test.fragile\nentry_point: do.sh\non_worker_lost: restart\n',
  });
  const id = await startFlow(db);
  await claim(db, { worker: await installWorker(db, 'lost'), runtimes: ['shell'], limit: 1 });
  await pause(db, id, 'lunch');
  const reasons = async () =>
    taskOf(await explain(db, id), 'one').runs[0]?.attempts.map(({ standing }) => standing.reason);
  expect(await reasons()).toEqual(['running_on_worker']);
  await letLeasesRunOut(db);
  expect(await reasons()).toEqual(['no_supervisor_alive']);
  await rescue(db, (_, error) => {
    throw error instanceof Error ? error : new Error(String(error));
  });
  expect(await reasons()).toEqual(['paused']);
  await resume(db, id);
  expect(await reasons()).toEqual(['ended', 'no_worker_alive']);
});

test('of a task with many items the first hundred attempts that did not complete are shown, and all are counted', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow('version: 1.0.0\ntasks: [{ name: each, action: test.do, with_items: "{{ range(parameters.n) }}" }]\n'),
  );
  const shown = async (n: number) => {
    const [run] = taskOf(await explain(db, await startFlow(db, { n })), 'each').runs;
    return [run?.attempts.length, run?.attempts_total];
  };
  expect([await shown(99), await shown(100), await shown(101)]).toEqual([
    [99, 99],
    [100, 100],
    [100, 101],
  ]);
});

test('a record that no longer gives the same decisions is shown as it is, without proofs', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(graph));
  const id = await startFlow(db, { n: 1 });
  await playOut(db, ({ n }) => (n === 1 ? { size: 50 } : {}));
  await db.run(sql`
    update execution set result = '{"succeeded": true, "data": {"size": 500}}' where workflow_task->>'task_name' = 'build'`);
  const explained = await explain(db, id);
  expect(explained.workflow?.replay).toMatchObject({ agrees: false });
  expect(taskOf(explained, 'build').runs[0]?.transitions).toMatchObject([
    { fired: false, when: { value: false, proof: null } },
    { fired: true, when: { value: true, proof: null } },
  ]);
});

test('an execution outside any workflow says what it came from, and what its attempts came to', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, {});
  const { id } = await request(db, 'test.do', {});
  expect(await explain(db, id)).toMatchObject({
    action_ref: 'test.do',
    origin: { kind: 'request', executor: null },
    standing: { reason: 'no_worker_alive', runtime: 'shell' },
    attempts: [],
    workflow: null,
  });
});

test('a run of an older system, of which no decisions were kept, is explained as far as it is known', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id } = await db.one<{ id: Id }>(sql`
    insert into execution (action_ref, status) values ('old.flow', 'running') returning id`);
  await registerTestPack(db, flow(graph));
  await db.run(sql`
    insert into workflow_execution (execution, workflow_def, task_graph) select ${id}, id, '{}' from workflow_definition`);
  expect(await explain(db, id)).toMatchObject({ standing: { reason: 'revision_missing' }, workflow: null });
});
