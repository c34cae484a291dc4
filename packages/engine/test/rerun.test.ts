import { AttuneError, type Id, type JsonObject, type Vault } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { cancel, explainExecution, rerunExecution, type RerunRequest } from '../src/index.ts';
import { failed, flow, playOut, registerTestPack, runOf, startFlow, type Act } from './play.ts';
import { request } from './support.ts';

const rerun = (db: Database, execution: Id, asked: Partial<RerunRequest> = {}): Promise<Id> =>
  db.transaction(async (tx) => {
    const made = await rerunExecution(tx, {
      ...{ execution, mode: asked.from == null ? 'whole' : 'from', from: null, reset_items: false, latest: false },
      ...{ parameters: {}, executor: null },
      ...asked,
    });
    return made.id;
  });

interface TaskRow {
  task: string;
  status: string;
  reused: boolean;
  why: string | null;
  started: boolean;
}

/** The tasks of a run as plain SQL shows them, in the order in which they came into being. */
const tasksOf = (db: Database, execution: Id): Promise<TaskRow[]> =>
  db.many<TaskRow>(sql`
    select t.task_name || coalesce('.' || t.task_index, '') as task, t.status, t.reused_from is not null as reused,
      t.not_reused as why, e.started_at is not null as started
    from workflow_task t join execution e on e.id = t.id join workflow_execution w on w.id = t.workflow_execution
    where w.execution = ${execution} order by t.id`);

const shown = async (db: Database, execution: Id): Promise<string[]> =>
  (await tasksOf(db, execution)).map(({ task, reused, why }) => `${task} ${reused ? 'reused' : (why ?? 'anew')}`);

/** Fails once where the predicate says so. */
function failing(isFailing: (config: JsonObject) => boolean, data: Act = () => ({})): Act {
  return (config, claimed) => (isFailing(config) ? failed() : data(config, claimed));
}

async function refused(work: Promise<unknown>): Promise<AttuneError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AttuneError)) throw new Error(`It was not refused: ${String(error)}`);
  return error;
}

const pipeline = `
version: 1.0.0
vars: { size: 0 }
tasks:
  - name: fetch
    action: test.do
    input: { n: "{{ parameters.n }}", step: fetch }
    next: [ { publish: [ { size: "{{ result().size }}" } ], do: [build, lint] } ]
  - { name: build, action: test.do, input: { size: "{{ size }}", step: build }, next: [ { when: succeeded(), do: [ship] } ] }
  - { name: lint, action: test.do, input: { step: lint } }
  - { name: ship, action: test.do, input: { step: ship } }
output_map: { size: "{{ size }}" }
`;

const stepOf = (step: string) => (config: JsonObject) => config['step'] === step;
const size: Act = ({ step }) => (step === 'fetch' ? { size: 7 } : {});

test('from the task that failed: what is before and beside it is taken over, and runs no second time', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  expect(await playOut(db, failing(stepOf('build'), size))).toEqual(['fetch', 'build', 'lint']);
  expect((await runOf(db, first)).status).toBe('failed');

  const second = await rerun(db, first, { from: 'build' });
  expect(await playOut(db, size)).toEqual(['build', 'ship']);
  expect(await runOf(db, second)).toMatchObject({ status: 'completed', result: { size: 7 } });
  expect(await tasksOf(db, second)).toEqual([
    { task: 'fetch', status: 'completed', reused: true, why: null, started: false },
    { task: 'build', status: 'completed', reused: false, why: 'asked', started: true },
    { task: 'lint', status: 'completed', reused: true, why: null, started: false },
    { task: 'ship', status: 'completed', reused: false, why: 'follows', started: true },
  ]);
  expect(
    await db.one(sql`
      select e.rerun_of, e.revision = o.revision as same from execution e join execution o on o.id = e.rerun_of
      where e.id = ${second}`),
  ).toEqual({ rerun_of: first, same: true });
  expect(
    await db.one(sql`
    select n.result = o.result as result, n.result_hash = o.result_hash as hash from execution n
    join execution o on o.id = (n.workflow_task->>'reused_from')::bigint
    where n.workflow_task->>'task_name' = 'fetch'`),
  ).toEqual({ result: true, hash: true });
});

test('what was taken over, and why the rest was not, is told by the explanation, which replays', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  await playOut(db, failing(stepOf('build'), size));
  const second = await rerun(db, first, { from: 'build' });
  await playOut(db, size);
  const explained = await explainExecution(db, second);
  expect(explained).toMatchObject({
    origin: { kind: 'rerun', rerun_of: first },
    workflow: { replay: { agrees: true } },
  });
  if (explained === undefined || 'no_such_task' in explained) throw new Error('Nothing was explained');
  const attempts = explained.workflow?.tasks.map((task) => task.runs[0]?.attempts[0]) ?? [];
  const [fetch, build, , ship] = attempts;
  expect(fetch).toMatchObject({ reused_from: expect.stringMatching(/^\d+$/) as string, not_reused: null });
  expect(build).toMatchObject({ reused_from: null, not_reused: 'asked' });
  expect(ship).toMatchObject({ reused_from: null, not_reused: 'follows' });
});

test('as a whole everything runs anew, with parameters changed where they are given', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1, other: 'kept' });
  await playOut(db, size);
  const second = await rerun(db, first, { parameters: { n: 2 } });
  expect(await playOut(db, size)).toEqual(['fetch', 'build', 'lint', 'ship']);
  expect(await db.one(sql`select config from execution where id = ${second}`)).toEqual({
    config: { n: 2, other: 'kept' },
  });
  expect(await shown(db, second)).toEqual(['fetch anew', 'build anew', 'lint anew', 'ship anew']);
});

test('a task whose parameters are others runs again, also where it is before the one that was asked for', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  await playOut(db, size);
  const second = await rerun(db, first, { from: 'ship', parameters: { n: 2 } });
  expect(await playOut(db, size)).toEqual(['fetch', 'ship']);
  expect(await shown(db, second)).toEqual(['fetch input_differs', 'build reused', 'lint reused', 'ship asked']);
});

test('from what failed: everything that completed is taken over, wherever it is', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  await playOut(db, failing(stepOf('lint'), size));
  const second = await rerun(db, first, { mode: 'failed' });
  expect(await playOut(db, size)).toEqual(['lint']);
  expect(await shown(db, second)).toEqual(['fetch reused', 'build reused', 'lint not_completed', 'ship reused']);
  expect((await runOf(db, second)).status).toBe('completed');
});

test('a failure that a transition handled is taken over like a success', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - name: first
    action: test.do
    input: { step: first }
    next: [ { when: succeeded(), do: [noop] }, { when: failed(), do: [second] } ]
  - { name: second, action: test.do, input: { step: second } }
`),
  );
  const first = await startFlow(db);
  await playOut(db, () => failed());
  const second = await rerun(db, first, { from: 'second' });
  expect(await playOut(db)).toEqual(['second']);
  expect(await tasksOf(db, second)).toMatchObject([
    { task: 'first', status: 'failed', reused: true },
    { task: 'second', status: 'completed', why: 'asked' },
  ]);
  expect((await runOf(db, second)).status).toBe('completed');
});

const items = `
version: 1.0.0
tasks:
  - name: each
    action: test.do
    with_items: "{{ parameters.list }}"
    concurrency: 2
    input: { item: "{{ item }}" }
    next: [ { when: succeeded(), publish: [ { all: "{{ result() }}" } ], do: [last] } ]
  - { name: last, action: test.do, input: { n: "{{ length(all) }}" } }
`;

test('of a task with items the completed ones are kept, unless they are to be reset', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(items));
  const first = await startFlow(db, { list: [10, 11, 12, 13, 14] });
  await playOut(
    db,
    failing(({ item }) => item === 12),
  );
  expect((await runOf(db, first)).status).toBe('failed');
  const ran: unknown[] = [];
  const second = await rerun(db, first, { from: 'each' });
  expect(await playOut(db, ({ item }) => (ran.push(item), { of: item ?? null }))).toEqual([
    ...['each', 'each', 'last'],
  ]);
  expect(ran).toEqual([12, 14, undefined]);
  expect(await shown(db, second)).toEqual([
    ...['each.0 reused', 'each.1 reused', 'each.2 not_completed', 'each.3 reused', 'each.4 no_recorded_run'],
    'last follows',
  ]);
  const third = await rerun(db, first, { from: 'each', reset_items: true });
  expect(await playOut(db)).toEqual(['each', 'each', 'each', 'each', 'each', 'last']);
  expect((await shown(db, third)).slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((item) => `each.${item} asked`));
});

test('an item whose input is another one runs again', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(items));
  const first = await startFlow(db, { list: [1, 2, 3] });
  await playOut(db);
  const second = await rerun(db, first, { from: 'last', parameters: { list: [1, 9, 3, 4] } });
  await playOut(db);
  expect(await shown(db, second)).toEqual([
    ...['each.0 reused', 'each.1 input_differs', 'each.2 reused', 'each.3 no_recorded_run', 'last asked'],
  ]);
});

const nested = {
  ...flow(`
version: 1.0.0
tasks:
  - { name: before, action: test.do, input: { step: before }, next: [ { do: [outer] } ] }
  - { name: outer, action: test.inner, next: [ { when: succeeded(), do: [after] } ] }
  - { name: after, action: test.do, input: { step: after } }
`),
  'actions/inner.yaml': 'ref: test.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
  'actions/workflows/inner.workflow.yaml': `
version: 1.0.0
tasks:
  - { name: one, action: test.do, input: { step: one }, next: [ { do: [two] } ] }
  - { name: two, action: test.do, input: { step: two }, next: [ { when: succeeded(), do: [three] } ] }
  - { name: three, action: test.do, input: { step: three } }
`,
};

test('inside of a nested workflow only what was asked for runs again', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const first = await startFlow(db);
  expect(await playOut(db, failing(stepOf('two')))).toEqual(['before', 'one', 'two']);
  expect(await playOutRerun(db, first, { from: 'outer.two' })).toEqual(['two', 'three', 'after']);
  expect(await playOutRerun(db, first, { mode: 'failed' })).toEqual(['two', 'three', 'after']);
  expect(await playOutRerun(db, first, { from: 'outer' })).toEqual(['one', 'two', 'three', 'after']);
  const whole = await rerun(db, first, { from: 'after' });
  expect(await playOut(db)).toEqual(['two', 'three', 'after']);
  expect(await shown(db, whole)).toEqual(['before reused', 'outer not_completed', 'after asked']);
});

const playOutRerun = async (db: Database, id: Id, asked: Partial<RerunRequest>): Promise<string[]> => {
  const again = await rerun(db, id, asked);
  const order = await playOut(db);
  expect((await runOf(db, again)).status).toBe('completed');
  return order;
};

test('a nested workflow that completed is taken over as one', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const first = await startFlow(db);
  await playOut(db, failing(stepOf('after')));
  const second = await rerun(db, first, { from: 'after' });
  expect(await playOut(db)).toEqual(['after']);
  expect(await shown(db, second)).toEqual(['before reused', 'outer reused', 'after asked']);
});

test('in a loop the iterations before the failure are taken over', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
vars: { round: 0 }
tasks:
  - { name: probe, action: test.do, input: { step: probe, round: "{{ round }}" }, next: [ { do: [work] } ] }
  - name: work
    action: test.do
    input: { step: work, round: "{{ round }}" }
    next:
      - { when: succeeded() and round < 4, publish: [ { round: "{{ round + 1 }}" } ], do: [probe] }
`),
  );
  const first = await startFlow(db);
  await playOut(
    db,
    failing(({ step, round }) => step === 'work' && round === 3),
  );
  const second = await rerun(db, first, { from: 'work' });
  expect(await playOut(db)).toEqual(['work', 'probe', 'work']);
  expect((await shown(db, second)).slice(-4)).toEqual(['probe reused', 'work asked', 'probe follows', 'work follows']);
  expect((await runOf(db, second)).status).toBe('completed');
});

test('a re-run of a re-run names the execution that really ran', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  await playOut(db, failing(stepOf('ship'), size));
  const second = await rerun(db, first, { from: 'ship' });
  await playOut(db, failing(stepOf('ship'), size));
  const third = await rerun(db, second, { from: 'ship' });
  expect(await playOut(db, size)).toEqual(['ship']);
  const { of: owner } = await db.one<{ of: Id }>(sql`
    select o.parent as of from execution n join execution o on o.id = (n.workflow_task->>'reused_from')::bigint
    where n.parent = ${third} and n.workflow_task->>'task_name' = 'fetch'`);
  expect(owner).toBe(first);
});

test('an execution outside any workflow runs again with the definition it had, or with the newest', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const definition = (parameters: string) => ({
    'actions/plain.yaml': `ref: test.plain\nentry_point: do.sh\nparameters: ${parameters}\n`,
  });
  await registerTestPack(db, definition('{ n: { type: integer, default: 1 } }'));
  const { id } = await request(db, 'test.plain', { n: 5 });
  await playOut(db);
  await registerTestPack(db, definition('{ n: { type: integer }, more: { type: string, default: new } }'));
  const again = await rerun(db, id, { parameters: { n: 6 } });
  const newest = await rerun(db, id, { latest: true });
  const rows = await db.many<{ id: Id; config: JsonObject; revision: string; pack_revision: string }>(sql`
    select id, config, revision, pack_revision from execution order by id`);
  const [before, same, latest] = rows;
  expect(same).toMatchObject({
    id: again,
    config: { n: 6 },
    revision: before?.revision,
    pack_revision: before?.pack_revision,
  });
  expect(latest).toMatchObject({ id: newest, config: { n: 5, more: 'new' } });
  expect(latest?.revision).not.toBe(before?.revision);
  expect(await playOut(db)).toEqual(['test.plain', 'test.plain']);
});

test('what runs keeps its definitions while the pack is updated, and so does what runs again', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const files = { ...flow(pipeline), 'actions/do.yaml': 'ref: test.do\nentry_point: do.sh\nparameters: {}\n' };
  const open = (extra: Record<string, string>) => ({
    ...files,
    'actions/do.yaml': 'ref: test.do\nentry_point: do.sh\n',
    ...extra,
  });
  await registerTestPack(db, open({}));
  const first = await startFlow(db, { n: 1 });
  let isUpdated = false;
  const order = await playOut(db, (config, claimed) => {
    isUpdated ||= config['step'] === 'build';
    return size(config, claimed);
  });
  expect([order, isUpdated]).toEqual([['fetch', 'build', 'lint', 'ship'], true]);

  const running = await startFlow(db, { n: 2 });
  await registerTestPack(db, {
    'actions/other.yaml': 'ref: test.other\nentry_point: do.sh\n',
    'actions/do.yaml': 'ref: test.do\nentry_point: do.sh\ndescription: another one now\n',
  });
  expect(await playOut(db, size)).toEqual(['fetch', 'build', 'lint', 'ship']);
  expect(await runOf(db, running)).toMatchObject({ status: 'completed', result: { size: 7 } });
  const again = await rerun(db, first, { from: 'ship' });
  expect(await playOut(db, size)).toEqual(['ship']);
  expect((await runOf(db, again)).status).toBe('completed');
  const { revisions } = await db.one<{ revisions: number }>(sql`
    select count(distinct revision)::int as revisions from execution where action_ref = 'test.do'`);
  expect(revisions).toBe(1);
  const gone = await refused(rerun(db, first, { latest: true }));
  expect([gone.code, gone.message]).toEqual(['unknown_ref', "There is no action 'test.flow' any more"]);
});

test('with the newest definitions a task runs again whose action is another one now, and only that', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const action = (name: string, more = '') => ({
    [`actions/${name}.yaml`]: `ref: test.${name}\nentry_point: do.sh\n${more}`,
  });
  const graph = (ship: string) =>
    flow(`
version: 1.0.0
tasks:
  - { name: one, action: test.one, next: [ { do: [two] } ] }
  - { name: two, action: test.two, next: [ { do: [ship] } ] }
  - { name: ship, action: test.do, input: { to: ${ship} } }
`);
  await registerTestPack(db, { ...graph('here'), ...action('one'), ...action('two') });
  const first = await startFlow(db);
  await playOut(
    db,
    failing(({ to }) => to === 'here'),
  );
  await registerTestPack(db, { ...graph('there'), ...action('one'), ...action('two', 'description: mended\n') });
  const second = await rerun(db, first, { from: 'ship', latest: true });
  expect(await playOut(db)).toEqual(['two', 'ship']);
  expect(await shown(db, second)).toEqual(['one reused', 'two action_differs', 'ship asked']);
  const third = await rerun(db, first, { from: 'ship' });
  expect(
    await playOut(
      db,
      failing(({ to }) => to === 'here'),
    ),
  ).toEqual(['ship']);
  expect((await runOf(db, third)).status).toBe('failed');
});

const vault: Vault = {
  seal: (text) => `sealed-${Buffer.from(text).toString('base64')}`,
  open: (envelope) => Buffer.from(envelope.slice('sealed-'.length), 'base64').toString(),
};

test('secret parameters stay sealed; a changed one is sealed anew, and what received it runs again', async () => {
  await using fresh = await freshDatabase();
  const db = fresh.open({ vault });
  await registerTestPack(db, {
    ...flow(
      `
version: 1.0.0
tasks:
  - { name: login, action: test.login, input: { token: "{{ parameters.token }}" }, next: [ { do: [list] } ] }
  - { name: list, action: test.do }
`,
      'parameters: { token: { type: string, secret: true } }\n',
    ),
    'actions/login.yaml':
      'ref: test.login\nentry_point: do.sh\nparameters: { token: { type: string, secret: true } }\n',
  });
  const first = await startFlow(db, { token: 'hunter2' });
  await playOut(db);
  const same = await rerun(db, first, { from: 'list' });
  expect(await playOut(db)).toEqual(['list']);
  const changed = await rerun(db, first, { from: 'list', parameters: { token: 'hunter3' } });
  expect(await playOut(db)).toEqual(['login', 'list']);
  expect(await shown(db, changed)).toEqual(['login input_differs', 'list asked']);
  const rows = await db.many<{ config: JsonObject }>(sql`
    select config from execution where id in (${first}, ${same}, ${changed}) order by id`);
  expect(JSON.stringify(rows)).not.toContain('hunter');
  expect(
    rows.map(
      ({ config }) => JSON.parse(vault.open((config['token'] as JsonObject)['$attune_sealed'] as string)) as string,
    ),
  ).toEqual(['hunter2', 'hunter2', 'hunter3']);
});

test('what cannot run again is refused, and the answer says how to go on', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, nested);
  const id = await startFlow(db);
  const running = await refused(rerun(db, id));
  expect(running.code).toBe('conflict');
  expect(running.message).toMatch(/has not ended \(.*\).*attune execution cancel/);
  await playOut(db);
  const wrong = await refused(rerun(db, id, { from: 'bfore' }));
  expect([wrong.code, wrong.details[0]?.message]).toEqual([
    'invalid_input',
    'expected one of before, outer, after Did you mean "before"?',
  ]);
  expect((await refused(rerun(db, id, { from: 'outer.tow' }))).details[0]?.message).toContain('Did you mean "two"?');
  expect((await refused(rerun(db, id, { from: 'before.one' }))).message).toContain('runs no workflow');
  const plain = await request(db, 'test.do');
  await playOut(db);
  expect((await refused(rerun(db, plain.id, { from: 'x' }))).message).toContain('is no workflow');
  expect((await refused(rerun(db, plain.id, { mode: 'failed' }))).message).toContain('is no workflow');
  expect((await refused(rerun(db, '999999'))).code).toBe('not_found');
  const { id: old } = await db.one<{ id: Id }>(sql`
    insert into execution (action_ref, status) values ('test.do', 'failed') returning id`);
  expect((await refused(rerun(db, old))).message).toContain('--latest');
  expect(await playOutPlain(db, old)).toEqual(['test.do']);
});

const playOutPlain = async (db: Database, id: Id): Promise<string[]> => {
  await rerun(db, id, { latest: true });
  return playOut(db);
};

test('a run that was cancelled goes on from where it was', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(pipeline));
  const first = await startFlow(db, { n: 1 });
  let left = 1;
  await playOut(db, (config, claimed) => {
    left -= 1;
    return left < 0 ? failed() : size(config, claimed);
  });
  const second = await startFlow(db, { n: 1 });
  await cancel(db, second);
  const again = await rerun(db, second, { mode: 'failed' });
  expect(await playOut(db, size)).toEqual(['fetch', 'build', 'lint', 'ship']);
  expect(await shown(db, again)).toEqual(['fetch not_completed', 'build follows', 'lint follows', 'ship follows']);
  expect((await runOf(db, first)).status).toBe('failed');
});
