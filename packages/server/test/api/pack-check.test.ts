import type { JsonObject } from '@attune/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataOf, errorOf, testApi, type TestApi } from './support.test-support.ts';
import { registerTestPack, upload } from './test-pack.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const register = (graph: string) =>
  api.call('POST', '/api/v1/packs/register', {
    token: api.admin,
    body: upload(
      {
        'pack.yaml': 'ref: tide\nversion: 1.0.0\n',
        'actions/watch.yaml': 'ref: tide.watch\nworkflow_file: workflows/watch.workflow.yaml\n',
        'actions/workflows/watch.workflow.yaml': `version: 1.0.0\n${graph}`,
      },
      { force: true },
    ) as JsonObject,
  });

test('registering says of each problem what pack check says: its code, and from where to where', async () => {
  const refused = await register('tasks: [{ name: a, action: demo.gret, timout: 5 }]');
  expect(refused.status).toBe(422);
  expect(errorOf(refused).details).toEqual([
    {
      message: 'There is no action demo.gret. Did you mean "demo.greet"?',
      file: 'actions/workflows/watch.workflow.yaml',
      line: 2,
      column: 28,
      end_line: 2,
      end_column: 37,
      pointer: '/tasks/0/action',
      code: 'unknown_ref',
    },
    {
      message: 'Unknown key "timout". Did you mean "timeout"?',
      file: 'actions/workflows/watch.workflow.yaml',
      line: 2,
      column: 39,
      end_line: 2,
      end_column: 45,
      pointer: '/tasks/0/timout',
      code: 'unknown_key',
    },
  ]);
});

test('a pack with warnings is registered, and they are answered', async () => {
  const registered = await register('tasks: [{ name: a, action: demo.greet, input: { name: x }, when: 1 > 2 }]');
  expect(registered.status).toBe(201);
  expect(dataOf(registered)).toMatchObject({
    ref: 'tide',
    warnings: [{ code: 'constant_condition', line: 2, message: expect.stringContaining('always skipped') as string }],
  });
  const again = await register('tasks: [{ name: a, action: demo.greet, input: { name: x }, when: 1 > 2 }]');
  expect(dataOf(again)).toMatchObject({ changed: false, warnings: [{ code: 'constant_condition' }] });
});

test('what registered actions answer with is known', async () => {
  const sea = {
    'pack.yaml': 'ref: sea\nversion: 1.0.0\n',
    'actions/probe.yaml':
      'ref: sea.probe\nentry_point: probe.sh\noutput: { salt: { type: number }, key: { type: string, secret: true } }\n',
    'actions/probe.sh': 'echo',
    'actions/show.yaml': 'ref: sea.show\nentry_point: probe.sh\nparameters: { text: { type: string } }\n',
  };
  const body = upload(sea) as JsonObject;
  expect((await api.call('POST', '/api/v1/packs/register', { token: api.admin, body })).status).toBe(201);
  const using = (field: string) =>
    register(`tasks:
  - { name: a, action: sea.probe, next: [{ do: [b] }] }
  - { name: b, action: sea.show, input: { text: '{{ result().${field} }}' } }`);
  expect(dataOf(await using('sallt'))).toMatchObject({
    warnings: [{ code: 'unknown_field', line: 4, message: expect.stringContaining('"salt"') as string }],
  });
  expect(errorOf(await using('key')).details).toMatchObject([{ code: 'secret_exposed', line: 4 }]);
});
