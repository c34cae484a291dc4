import { replay, type Json, type JsonObject, type Proof } from '@attune/core';
import { sql } from '@attune/db';
import { claim, finish } from '@attune/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf, errorOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';
import { upload } from './test-pack.test-support.ts';

const files = {
  'pack.yaml': 'ref: flow\nlabel: Flow\nversion: 1.0.0\n',
  'actions/do.yaml': 'ref: flow.do\nentry_point: do.sh\n',
  'actions/login.yaml': 'ref: flow.login\nentry_point: do.sh\nparameters: { token: { type: string, secret: true } }\n',
  'actions/do.sh': 'true\n',
  'workflows/ship.yaml': `
ref: flow.ship
version: "1"
parameters: { size: { type: integer, default: 7 }, token: { type: string, secret: true } }
tasks:
  - name: build
    action: flow.do
    input: { size: "{{ parameters.size }}" }
    next:
      - when: succeeded() and parameters.size < 10 and length(parameters.token) == 7
        publish: [ { kept: "{{ parameters.token }}", size: "{{ parameters.size }}" } ]
        do: [login]
      - { when: parameters.size >= 10 or length(parameters.token) > 100, do: [split] }
  - { name: login, action: flow.login, input: { token: "{{ kept }}" }, next: [ { when: succeeded(), do: [ship] } ] }
  - { name: split, action: flow.do }
  - { name: ship, action: flow.do }
`,
};

let api: TestApi;
let first: string;
beforeAll(async () => {
  api = await testApi();
  const registered = await api.call('POST', '/api/v1/packs/register', { token: api.admin, body: upload(files) });
  expect(registered.status, registered.text).toBe(201);
  const body = { action_ref: 'flow.ship', parameters: { token: 'hunter2' } };
  first = dataOf(await api.call('POST', '/api/v1/executions', { token: api.admin, body }))['id'] as string;
  await playOut((action) => action !== 'flow.login');
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const explain = async (id: string, query = '') =>
  dataOf(await api.call('GET', `/api/v1/executions/${id}/explain${query}`, { token: api.viewer }));
const rerun = (id: string, body: JsonObject, headers: Record<string, string> = {}) =>
  api.call('POST', `/api/v1/executions/${id}/rerun`, { token: api.admin, body, headers });

async function playOut(succeeds: (action: string) => boolean = () => true): Promise<string[]> {
  const { id: worker } = await api.db.one<{ id: string }>(sql`
    insert into worker (name, worker_type, status) values (gen_random_uuid()::text, 'local', 'active') returning id`);
  const ran: string[] = [];
  for (;;) {
    const [claimed] = await claim(api.db, { worker, runtimes: ['shell'], limit: 1 });
    if (claimed === undefined) return ran;
    ran.push(claimed.action_ref);
    const succeeded = succeeds(claimed.action_ref);
    const outcome = { kind: succeeded ? 'succeeded' : 'failed', result: { succeeded } } as const;
    await finish(api.db, { execution: claimed.id, lease_token: claimed.lease_token, outcome });
  }
}

const tasksIn = (explained: JsonObject) =>
  Object.fromEntries(
    ((explained['workflow'] as JsonObject)['tasks'] as JsonObject[]).map((task) => [task['task'] as string, task]),
  );

function* conditionsIn(value: Json): Generator<JsonObject> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && 'condition' in value && 'proof' in value) yield value;
  for (const member of Object.values(value)) yield* conditionsIn(member);
}

test('the explanation of a run keeps its contract: every proof in the JSON evaluates to the value beside it', async () => {
  const explained = await explain(first);
  expect(explained).toMatchObject({
    execution: first,
    action_ref: 'flow.ship',
    status: 'failed',
    origin: { kind: 'request' },
    standing: { reason: 'ended', status: 'failed' },
    error: 'Workflow failed: 1 task(s) failed: login',
    workflow: { replay: { agrees: true, step: null, message: null } },
  });
  const conditions = [...conditionsIn(explained)];
  expect(conditions.length).toBe(3);
  for (const { proof, value } of conditions) expect(replay(proof as Proof)).toBe(value);
  const { build, login, split } = tasksIn(explained);
  const [run] = build?.['runs'] as JsonObject[];
  expect(run?.['transitions']).toMatchObject([
    { fired: true, published: { size: 7 }, when: { value: true } },
    { fired: false, when: { value: false } },
  ]);
  expect(login?.['runs']).toMatchObject([
    { because: [{ task: 'build', visit: 1, transitions: [0] }], attempts: [{ status: 'failed' }] },
  ]);
  expect(split).toMatchObject({ state: 'run_ended', led_to_by: [{ task: 'build', evaluated: 1, fired: 0 }] });
});

test('no secret is told by a proof, a published variable or an error', async () => {
  const text = JSON.stringify(await explain(first));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('"omitted":{"type":"secret","size":0}');
  expect(text).toContain('"kept":{"$attune_secret":true,"redacted":true}');
});

test('one task can be asked for; a wrong name is told with what was meant', async () => {
  expect(Object.keys(tasksIn(await explain(first, '?task=login')))).toEqual(['login']);
  const wrong = await api.call('GET', `/api/v1/executions/${first}/explain?task=logn`, { token: api.admin });
  expect([wrong.status, errorOf(wrong).message]).toEqual([400, expect.stringContaining('Did you mean "login"?')]);
  const none = await api.call('GET', '/api/v1/executions/99999/explain', { token: api.admin });
  expect(none.status).toBe(404);
});

test('a re-run from a task is created once for an idempotency key, and says what it took over', async () => {
  const key = { 'idempotency-key': 'again' };
  const made = await rerun(first, { from: 'login' }, key);
  expect([made.status, made.text.includes('hunter2')]).toEqual([201, false]);
  const execution = dataOf(made);
  expect(execution).toMatchObject({ rerun_of: first, rerun: { mode: 'from', from: ['login'] }, status: 'running' });
  const repeated = await rerun(first, { from: 'login' }, key);
  expect([repeated.status, dataOf(repeated)['id']]).toEqual([200, execution['id']]);
  expect((await rerun(first, { from: 'build' }, key)).status).toBe(409);
  expect(await playOut()).toEqual(['flow.login', 'flow.do']);
  const again = await api.call('GET', `/api/v1/executions?rerun_of=${first}&top_level=true`, { token: api.viewer });
  expect(rowsOf(again).map((row) => row['id'])).toEqual([execution['id']]);
  const { build, login } = tasksIn(await explain(execution['id'] as string));
  expect(build?.['runs']).toMatchObject([
    { attempts: [{ reused_from: expect.any(String) as string, not_reused: null }] },
  ]);
  expect(login?.['runs']).toMatchObject([{ attempts: [{ reused_from: null, not_reused: 'asked' }] }]);
  const [row] = rowsOf(
    await api.call('GET', `/api/v1/executions?parent=${execution['id'] as string}`, { token: api.viewer }),
  ).toReversed();
  expect(row).toMatchObject({
    status: 'completed',
    started_at: null,
    workflow_task: { reused_from: expect.any(String) as string },
  });
});

test.each([
  [{ from: 'lgin' }, 422, 'invalid_input', '/from'],
  [{ from: 'login', failed: true }, 422, 'invalid_input', '/failed'],
  [{ parameters: { size: 'big' } }, 422, 'invalid_input', '/parameters/size'],
  [{ form: 'login' }, 422, 'invalid_input', '/form'],
])('a re-run with %j is refused, naming the place', async (body, status, code, pointer) => {
  const refused = await rerun(first, body);
  const { details, ...error } = errorOf(refused);
  expect([refused.status, error.code, details[0]?.['pointer']]).toEqual([status, code, pointer]);
});

test('what runs cannot run again, and nothing is created', async () => {
  const body = { action_ref: 'flow.ship', parameters: { token: 'x' } };
  const running = dataOf(await api.call('POST', '/api/v1/executions', { token: api.admin, body }))['id'] as string;
  const before = await api.db.one(sql`select count(*) from execution`);
  const refused = await rerun(running, {});
  expect([refused.status, errorOf(refused).code]).toEqual([409, 'conflict']);
  expect(errorOf(refused).message).toContain(`attune execution cancel ${running}`);
  expect(await api.db.one(sql`select count(*) from execution`)).toEqual(before);
  expect(await explain(running)).toMatchObject({ standing: { reason: 'waiting_for_children' } });
});
