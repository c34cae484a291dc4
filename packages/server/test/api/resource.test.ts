import { openSecrets, secretMask, stringifyJson, type JsonObject } from '@attune/core';
import { executionQueue, sql } from '@attune/db';
import { enact, match } from '@attune/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf, errorOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';
import { packFiles, registerTestPack, upload } from './test-pack.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const get = (path: string) => api.call('GET', path, { token: api.admin });
const post = (path: string, body?: JsonObject, headers: Record<string, string> = {}) =>
  api.call('POST', path, { token: api.admin, ...(body === undefined ? {} : { body }), headers });

test('a registered pack shows its definitions, and secrets of its configuration are masked', async () => {
  await api.call('PUT', '/api/v1/packs/demo/config', { token: api.admin, body: { token: 'hush' } });
  expect(dataOf(await get('/api/v1/packs/demo'))).toMatchObject({
    version: '1.0.0',
    config: { region: 'here', token: secretMask },
  });
  const refs = async (path: string) => rowsOf(await get(path)).map((row) => row['ref']);
  expect(await refs('/api/v1/packs')).toEqual(['demo']);
  expect(await refs('/api/v1/actions?pack_ref=demo')).toEqual(['demo.greet']);
  expect(await refs('/api/v1/actions?pack_ref=other')).toEqual([]);
  expect(await refs('/api/v1/workflows')).toEqual([]);
  expect((await refs('/api/v1/triggers')).sort()).toEqual(['demo.open', 'demo.plain', 'demo.push']);
  expect(await refs('/api/v1/rules?trigger_ref=demo.push&enabled=true')).toEqual(['demo.on_push']);
  expect(dataOf(await get('/api/v1/actions/demo.greet'))).toMatchObject({
    param_schema: { name: { type: 'string', required: true } },
  });
  expect(JSON.stringify(dataOf(await get('/api/v1/triggers/demo.push')))).not.toContain('wh_');
});

test('the same pack again changes nothing; other content of the same version is a conflict unless forced', async () => {
  const again = await post('/api/v1/packs/register', upload(packFiles) as JsonObject);
  expect([again.status, dataOf(again)['changed']]).toEqual([200, false]);
  const changed = { ...packFiles, 'actions/greet.sh': 'echo "goodbye"\n' };
  const refused = await post('/api/v1/packs/register', upload(changed) as JsonObject);
  expect([refused.status, errorOf(refused).code]).toEqual([409, 'conflict']);
  const forced = await post('/api/v1/packs/register', upload(changed, { force: true }) as JsonObject);
  expect([forced.status, dataOf(forced)['changed']]).toEqual([201, true]);
  const audit = rowsOf(await get('/api/v1/audit-events?event_type=pack.register'));
  expect(audit[0]).toMatchObject({ actor_login: 'admin', resource_ref: 'demo', outcome: 'success' });
});

test('a pack with broken files loads nothing and every problem is told with its place', async () => {
  const broken = {
    'pack.yaml': 'ref: broken\nlabel: Broken\nversion: 1.0.0\n',
    'actions/one.yaml': 'ref: broken.one\nrunner_type: shell\nentry_point: missing.sh\n',
    'actions/two.yaml': 'ref: broken.two\nrunner_tpye: shell\n',
    'triggers/three.yaml': 'ref: [unclosed\n',
  };
  const answer = await post('/api/v1/packs/register', upload(broken) as JsonObject);
  expect([answer.status, errorOf(answer).code]).toEqual([422, 'invalid_pack']);
  const files = new Set(errorOf(answer).details.map((problem) => problem['file']));
  expect([...files].sort()).toEqual(['actions/one.yaml', 'actions/two.yaml', 'triggers/three.yaml']);
  expect(errorOf(answer).details.every((problem) => typeof problem['line'] === 'number')).toBe(true);
  expect((await get('/api/v1/packs/broken')).status).toBe(404);
});

test.each([
  [{}, ''],
  [{ files: [], path: '/tmp' }, ''],
  [{ files: [{ path: 'pack.yaml', mode: 511, content_base64: '' }] }, '/files/0/mode'],
  [{ files: [{ path: 'pack.yaml', mode: 420, content_base64: '***' }] }, '/files/0/content_base64'],
])('an upload that is none is refused: %j', async (body, pointer) => {
  const answer = await post('/api/v1/packs/register', body);
  expect([answer.status, errorOf(answer).details[0]?.['pointer']]).toEqual([422, pointer]);
});

test('a path sent twice, a path out of the pack and a folder that is not there are refused', async () => {
  const file = { path: 'pack.yaml', mode: 0o644, content_base64: '' };
  const twice = await post('/api/v1/packs/register', { files: [file, file] });
  expect(errorOf(twice).details[0]).toMatchObject({ pointer: '/files/1/path' });
  const outside = await post('/api/v1/packs/register', { files: [file, { ...file, path: '../outside' }] });
  expect(errorOf(outside).code).toBe('invalid_pack');
  const nowhere = await post('/api/v1/packs/register', { path: '/no/such/folder' });
  expect([nowhere.status, errorOf(nowhere).code]).toEqual([404, 'not_found']);
});

test('a rule is disabled and enabled, which is audited', async () => {
  const disabled = await post('/api/v1/rules/demo.on_push/disable');
  expect(dataOf(disabled)).toMatchObject({ ref: 'demo.on_push', enabled: false });
  expect(dataOf(await post('/api/v1/rules/demo.on_push/enable'))['enabled']).toBe(true);
  const audit = rowsOf(await get('/api/v1/audit-events?category=admin'));
  expect(audit.map((row) => row['event_type'])).toEqual(['rule.enable', 'rule.disable']);
  expect((await post('/api/v1/rules/demo.none/enable')).status).toBe(404);
});

test('an event says which clause of which rule was false, with both values, and what the others led to', async () => {
  const event = async (ref: string) => {
    const sent = await post('/api/v1/events', { trigger_ref: 'demo.push', payload: { ref } });
    expect(sent.status).toBe(201);
    await match(api.db);
    await enact(api.db);
    return dataOf(await get(`/api/v1/events/${dataOf(sent)['id'] as string}`));
  };
  const other = await event('refs/heads/other');
  const [why] = (other['explanation'] as { rules: JsonObject[] }).rules;
  expect(why).toMatchObject({ rule_ref: 'demo.on_push', matches: false, enforcement: null });
  expect(JSON.stringify(why?.['proof'])).toContain('refs/heads/other');
  expect(JSON.stringify(why?.['proof'])).toContain('refs/heads/main');

  const main = await event('refs/heads/main');
  const [because] = (main['explanation'] as { rules: { enforcement: JsonObject }[] }).rules;
  const { id, executions } = because?.enforcement ?? {};
  expect(executions).toHaveLength(1);
  expect(dataOf(await get(`/api/v1/enforcements/${id as string}`))).toMatchObject({
    rule_ref: 'demo.on_push',
    event: main['id'] as string,
    config: { name: 'refs/heads/main' },
  });
  expect(rowsOf(await get(`/api/v1/enforcements?event=${main['id'] as string}`))).toHaveLength(1);
  for (const filter of ['rule_ref=demo.on_push', 'trigger_ref=demo.push', `enforcement=${id as string}`]) {
    const rows = rowsOf(await get(`/api/v1/executions?${filter}`));
    expect(rows.map((row) => row['id'])).toEqual(executions);
  }
});

test('an execution is created with defaults filled, shown with secrets masked, listed and cancelled', async () => {
  const parameters = { name: 'Ada', password: 'hush' };
  const created = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters });
  expect(created.status).toBe(201);
  const id = dataOf(created)['id'] as string;
  expect(dataOf(created)).toMatchObject({
    status: 'scheduled',
    config: { name: 'Ada', times: 1, password: secretMask },
    workflow_task: null,
    executor: dataOf(await get('/auth/me'))['id'] as string,
  });
  expect(api.rung).toContain('execution');
  const stored = await executionQueue.find(api.db, id);
  expect(JSON.stringify(stored?.config)).not.toContain('hush');
  expect(openSecrets(stored?.config ?? {}, api.secrets)).toMatchObject({ password: 'hush' });

  const listed = await get('/api/v1/executions?status=scheduled,running&action_ref=demo.greet&top_level=true&limit=1');
  expect(rowsOf(listed)[0]).toMatchObject({ id, status: 'scheduled' });
  expect(rowsOf(listed)[0]).not.toHaveProperty('config');

  expect(dataOf(await post(`/api/v1/executions/${id}/cancel`))).toEqual({ id, status: 'cancelled' });
  expect(dataOf(await post(`/api/v1/executions/${id}/cancel`))).toEqual({ id, status: 'cancelled' });
  expect((await post('/api/v1/executions/404404/cancel')).status).toBe(404);
});

test('wrong parameters are told with their pointers, and nothing is stored', async () => {
  const count = () => api.db.one<{ count: number }>(sql`select count(*)::int as count from execution`);
  const before = await count();
  const answer = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters: { times: 0 } });
  expect([answer.status, errorOf(answer).code]).toEqual([422, 'invalid_input']);
  expect(
    errorOf(answer)
      .details.map((problem) => problem['pointer'])
      .sort(),
  ).toEqual(['/parameters/name', '/parameters/times']);
  expect(await count()).toEqual(before);
});

test('a key makes one execution and one event, however often and at once it comes', async () => {
  for (const [path, body, other] of [
    [
      '/api/v1/executions',
      { action_ref: 'demo.greet', parameters: { name: 'once' } },
      { action_ref: 'demo.greet', parameters: { name: 'twice' } },
    ],
    ['/api/v1/events', { trigger_ref: 'demo.plain', payload: 1 }, { trigger_ref: 'demo.plain', payload: 2 }],
  ] as const) {
    const headers = { 'idempotency-key': 'the same' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(path, body, headers)));
    expect(new Set(answers.map((answer) => dataOf(answer)['id'])).size).toBe(1);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    const conflict = await post(path, other, headers);
    expect([conflict.status, errorOf(conflict).code]).toEqual([409, 'idempotency_conflict']);
  }
});

test('a key whose request failed is free again, and one whose day is over too', async () => {
  const headers = { 'idempotency-key': 'again' };
  const wrong = await post('/api/v1/executions', { action_ref: 'demo.greet' }, headers);
  expect(wrong.status).toBe(422);
  const right = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters: { name: 'a' } }, headers);
  expect(right.status).toBe(201);
  await api.db.run(sql`update idempotency set created = created - interval '25 hours' where key = 'again'`);
  const nextDay = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters: { name: 'b' } }, headers);
  expect(nextDay.status).toBe(201);
  expect(dataOf(nextDay)['id']).not.toBe(dataOf(right)['id']);
});

test('pages follow each other without gap or repetition while rows are added', async () => {
  for (let number = 0; number < 7; number += 1)
    await post('/api/v1/events', { trigger_ref: 'demo.open', payload: number });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await get(`/api/v1/events?trigger_ref=demo.open&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
    seen.push(...rowsOf(page).map((row) => row['id'] as string));
    cursor = page.body['next_cursor'] as string | null;
    await post('/api/v1/events', { trigger_ref: 'demo.open', payload: 'meanwhile' });
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(seen).toEqual([...seen].sort((a, b) => Number(BigInt(b) - BigInt(a))));
});

test('output is read in parts while it is written, and never inside a character', async () => {
  const created = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters: { name: 'log' } });
  const id = dataOf(created)['id'] as string;
  const append = (offset: number, content: Buffer, stream = 'stdout') =>
    api.db.run(sql`
      insert into execution_log (execution, stream, byte_offset, content) values (${id}, ${stream}, ${offset}, ${content})`);
  const read = async (query: string) => dataOf(await get(`/api/v1/executions/${id}/logs?${query}`));
  const text = Buffer.from('käse 🧀\n');

  expect(await read('')).toEqual({ stream: 'stdout', offset: 0, text: '', next_offset: 0, complete: false });
  await append(0, text.subarray(0, 2)); // half of ä
  expect(await read('')).toMatchObject({ text: 'k', next_offset: 1, complete: false });
  await append(2, text.subarray(2));
  expect(await read('offset=1')).toMatchObject({ text: 'äse 🧀\n', next_offset: text.length });
  expect(await read('limit=9')).toMatchObject({ text: 'käse ', next_offset: 6 });
  expect(await read('offset=6')).toMatchObject({ text: '🧀\n', next_offset: text.length });
  await append(0, Buffer.from([0x61, 0xff, 0xc3]), 'stderr');
  await post(`/api/v1/executions/${id}/cancel`);
  expect(await read('stream=stderr')).toMatchObject({ text: 'a\ufffd\ufffd', next_offset: 3, complete: true });
  expect(await read(`offset=${text.length}`)).toMatchObject({ text: '', complete: true });
  expect(await read('limit=9')).toMatchObject({ complete: false });
  expect(await read('offset=999999')).toMatchObject({ text: '', next_offset: 999_999, complete: true });
});

test('a tree shows an execution with all below it, each under its parent', async () => {
  const created = await post('/api/v1/executions', { action_ref: 'demo.greet', parameters: { name: 'root' } });
  const root = dataOf(created)['id'] as string;
  const child = (parent: string, name: string) =>
    api.db.one<{ id: string }>(sql`
      insert into execution (action_ref, parent, status, config) values (${name}, ${parent}, 'completed', '{}') returning id`);
  const left = await child(root, 'demo.left');
  await child(root, 'demo.right');
  await child(left.id, 'demo.leaf');
  const tree = dataOf(await get(`/api/v1/executions/${root}/tree`));
  const outline = (node: JsonObject): unknown => [
    node['action_ref'],
    ...(node['children'] as JsonObject[]).map(outline),
  ];
  expect(outline(tree)).toEqual(['demo.greet', ['demo.left', ['demo.leaf']], ['demo.right']]);
  expect(tree['truncated']).toBe(false);
  expect(rowsOf(await get(`/api/v1/executions?parent=${root}&top_level=false`))).toHaveLength(2);
});

test("a workflow's task shows its metadata, ids as digits", async () => {
  await api.db.run(sql`
    with definition as (
      insert into workflow_definition (ref, pack, pack_ref, label, version, definition)
      select 'demo.flow', id, ref, 'Flow', '1', '{}' from pack where ref = 'demo' returning id),
    owner as (insert into execution (action_ref, status) values ('demo.flow', 'running') returning id)
    insert into workflow_execution (id, execution, workflow_def, task_graph)
    select 9007199254740993, owner.id, definition.id, '{}' from owner, definition`);
  const task = {
    task_name: 'build',
    task_index: null,
    task_batch: null,
    retry_count: 0,
    max_retries: 3,
    next_retry_at: null,
    timeout_seconds: null,
    timed_out: false,
    duration_ms: null,
    started_at: null,
    completed_at: null,
  };
  const stored = stringifyJson({ workflow_execution: 9007199254740993n, ...task });
  await api.db.run(sql`
    insert into execution (action_ref, status, workflow_task) values ('demo.task', 'completed', ${stored}::jsonb)`);
  const rows = rowsOf(await get('/api/v1/executions?workflow_execution=9007199254740993'));
  expect(rows.map((row) => row['workflow_task'])).toEqual([{ workflow_execution: '9007199254740993', ...task }]);
  const [run] = rowsOf(await get('/api/v1/executions?action_ref=demo.flow'));
  expect(run?.['workflow_execution']).toBe('9007199254740993');
});
