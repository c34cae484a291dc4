import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { dataOf, errorOf, testApi, type TestApi } from './support.test-support.ts';
import { upload } from './test-pack.test-support.ts';

const files = {
  'pack.yaml': 'ref: demo\nversion: 1.0.0\n',
  'actions/do.yaml': 'ref: demo.do\nentry_point: do.sh\n',
  'actions/do.sh': 'true\n',
  'actions/flow.yaml': 'ref: demo.flow\nworkflow_file: workflows/flow.workflow.yaml\n',
  'actions/workflows/flow.workflow.yaml': `
version: 1.0.0
tasks:
  - { name: one, action: demo.do }
  - { name: nested, action: demo.inner }
`,
  'actions/inner.yaml': 'ref: demo.inner\nworkflow_file: workflows/inner.workflow.yaml\n',
  'actions/workflows/inner.workflow.yaml': 'version: 1.0.0\ntasks:\n  - { name: two, action: demo.do }\n',
};

const post = (api: TestApi, path: string, body?: object) =>
  api.call('POST', path, { token: api.admin, ...(body === undefined ? {} : { body: body as never }) });

const start = async (api: TestApi, action_ref: string): Promise<string> =>
  dataOf(await post(api, '/api/v1/executions', { action_ref }))['id'] as string;

test('a run is paused with its reason, those below with it, and resumed', async () => {
  await using api = await testApi();
  await post(api, '/api/v1/packs/register', upload(files) as object);
  const id = await start(api, 'demo.flow');
  const nested = (await api.db.one<{ id: string }>(sql`select id from execution where action_ref = 'demo.inner'`)).id;

  const paused = await post(api, `/api/v1/executions/${id}/pause`, { reason: 'a look' });
  expect(paused.status).toBe(200);
  expect(dataOf(paused)).toEqual({ id, status: 'running', paused: true, paused_by: id, pause_reason: 'a look' });
  expect(dataOf(await post(api, `/api/v1/executions/${id}/pause`))).toMatchObject({ pause_reason: 'a look' });
  const shown = dataOf(await api.call('GET', `/api/v1/executions/${nested}`, { token: api.viewer }));
  expect(shown).toMatchObject({ paused: true, paused_by: id, pause_reason: 'a look' });
  const tree = dataOf(await api.call('GET', `/api/v1/executions/${id}/tree`, { token: api.viewer }));
  expect(tree).toMatchObject({ paused: true, children: [{ paused: false, status: 'requested' }, { paused: true }] });

  const above = await post(api, `/api/v1/executions/${nested}/resume`);
  expect(above.status).toBe(409);
  expect(errorOf(above).message).toContain(`execution ${id} above it`);
  expect(dataOf(await post(api, `/api/v1/executions/${nested}/pause`))).toMatchObject({ paused_by: nested });
  expect(dataOf(await post(api, `/api/v1/executions/${nested}/resume`))).toMatchObject({ paused: true, paused_by: id });

  expect(dataOf(await post(api, `/api/v1/executions/${id}/resume`))).toEqual({
    id,
    status: 'running',
    paused: false,
    paused_by: null,
    pause_reason: null,
  });
  expect((await post(api, `/api/v1/executions/${id}/resume`)).status).toBe(200);
});

test('what cannot be paused says why', async () => {
  await using api = await testApi();
  await post(api, '/api/v1/packs/register', upload(files) as object);
  const plain = await start(api, 'demo.do');
  const refused = await post(api, `/api/v1/executions/${plain}/pause`);
  expect(errorOf(refused)).toMatchObject({ code: 'conflict' });
  expect(errorOf(refused).message).toContain("'demo.do', which is no workflow");
  expect((await post(api, '/api/v1/executions/999/pause')).status).toBe(404);
  expect((await post(api, `/api/v1/executions/${plain}/pause`, { reason: '' })).status).toBe(422);
  expect((await post(api, `/api/v1/executions/${plain}/pause`, { why: 'x' })).status).toBe(422);

  const id = await start(api, 'demo.flow');
  expect(dataOf(await post(api, `/api/v1/executions/${id}/cancel`))).toEqual({ id, status: 'cancelled' });
  expect(dataOf(await post(api, `/api/v1/executions/${id}/cancel`))).toEqual({ id, status: 'cancelled' });
  for (const deed of ['pause', 'resume']) {
    expect(errorOf(await post(api, `/api/v1/executions/${id}/${deed}`))).toMatchObject({ code: 'already_final' });
  }
});
