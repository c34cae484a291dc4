import type { Json, JsonObject } from '@attune/core';
import { sql } from '@attune/db';
import { finish, claim } from '@attune/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf, errorOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';
import { upload } from './test-pack.test-support.ts';

const files = {
  'pack.yaml': 'ref: flow\nlabel: Flow\nversion: 1.0.0\n',
  'actions/do.yaml': 'ref: flow.do\nentry_point: do.sh\n',
  'actions/do.sh': 'true\n',
  'workflows/inner.yaml': 'ref: flow.inner\nversion: "1"\ntasks: [{ name: step, action: flow.do }]\n',
  'workflows/outer.yaml':
    'ref: flow.outer\nversion: "1"\ntasks: [{ name: first, action: flow.do, next: [{ do: [nested] }] }, { name: nested, action: flow.inner }]\n',
};

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.call('POST', '/api/v1/packs/register', { token: api.admin, body: upload(files) });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const get = (path: string) => api.call('GET', path, { token: api.admin });

/** Ends every attempt that waits, until none is left. */
async function playOut(): Promise<void> {
  const { id: worker } = await api.db.one<{ id: string }>(sql`
    insert into worker (name, worker_type, status) values ('w', 'local', 'active') returning id`);
  for (;;) {
    const [claimed] = await claim(api.db, { worker, runtimes: ['shell'], limit: 1 });
    if (claimed === undefined) return;
    const outcome = { kind: 'succeeded', result: { succeeded: true, data: { id: claimed.id } } } as const;
    await finish(api.db, { execution: claimed.id, lease_token: claimed.lease_token, outcome });
  }
}

test('the record of a run is listed in its order, page by page, with the results it was decided on', async () => {
  const created = await api.call('POST', '/api/v1/executions', {
    token: api.admin,
    body: { action_ref: 'flow.outer' },
  });
  const id = dataOf(created)['id'] as string;
  await playOut();
  const steps = rowsOf(await get(`/api/v1/executions/${id}/steps`));
  expect(steps.map((step) => [step['step'], step['action_ref']])).toEqual([
    [1, null],
    [2, 'flow.do'],
    [3, 'flow.inner'],
  ]);
  expect(steps[1]).toMatchObject({
    decision: { finished: { task: 'first', outcome: 'succeeded' }, targets: [{ task: 'nested', fate: 'started' }] },
    result: { data: { id: steps[1]?.['execution'] } },
    workflow_execution: null,
  });
  expect(steps[2]).toMatchObject({ decision: { outcome: { status: 'completed' } } });
  expect(typeof steps[2]?.['workflow_execution']).toBe('string');

  const paged: Json[] = [];
  let cursor: string | null = null;
  do {
    const answer = await get(`/api/v1/executions/${id}/steps?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`);
    paged.push(...rowsOf(answer));
    cursor = answer.body['next_cursor'] as string | null;
  } while (cursor !== null);
  expect(paged).toEqual(steps);

  const inner = rowsOf(await get(`/api/v1/executions/${steps[2]?.['execution'] as string}/steps`));
  expect(inner).toHaveLength(2);
});

test('what is no workflow has no steps, and what is not there is not found', async () => {
  const rows = rowsOf(await get('/api/v1/executions?action_ref=flow.do'));
  expect(rowsOf(await get(`/api/v1/executions/${rows[0]?.['id'] as string}/steps`))).toEqual([]);
  const missing = await get('/api/v1/executions/999999/steps');
  expect([missing.status, errorOf(missing).code]).toEqual([404, 'not_found']);
  const foreign = await get(`/api/v1/executions/1/steps?cursor=${Buffer.from('executions:1').toString('base64url')}`);
  expect(foreign.status).toBe(400);
});

test('an action is shown as it was when an execution ran with it', async () => {
  const [run] = rowsOf(await get('/api/v1/executions?action_ref=flow.inner'));
  const { revision } = dataOf(await get(`/api/v1/executions/${run?.['id'] as string}`));
  const changed = { ...files, 'workflows/inner.yaml': files['workflows/inner.yaml'].replace('step', 'other') };
  await api.call('POST', '/api/v1/packs/register', { token: api.admin, body: upload(changed, { force: true }) });
  const tasksIn = (definition: JsonObject) => (definition['workflow'] as JsonObject)['tasks'] as JsonObject[];
  const now = dataOf(await get('/api/v1/actions/flow.inner'));
  expect(tasksIn(now['definition'] as JsonObject)[0]?.['name']).toBe('other');
  const then = dataOf(await get(`/api/v1/actions/flow.inner/revisions/${revision as string}`));
  expect(then).toMatchObject({ hash: revision, ref: 'flow.inner' });
  expect(tasksIn(then['definition'] as JsonObject)[0]?.['name']).toBe('step');
  expect((await get(`/api/v1/actions/flow.outer/revisions/${revision as string}`)).status).toBe(404);
  expect((await get('/api/v1/actions/flow.inner/revisions/none')).status).toBe(400);
});
