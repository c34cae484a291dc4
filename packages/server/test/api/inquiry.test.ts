import { join } from 'node:path';
import { identities } from '@attune/db';
import { registerPack } from '@attune/engine';
import { readPackFolder } from '@attune/pack';
import { expect, test } from 'vitest';
import { dataOf, errorOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';

const core = join(import.meta.dirname, '../../../../packs/core');

/** An API with the pack core, and with somebody who has no permission at all. */
async function site(): Promise<{ api: TestApi; anna: { id: string; token: string } }> {
  const api = await testApi();
  await registerPack(api.db, { files: await readPackFolder(core), source_path: null }, api.secrets);
  const made = await identities.insert(api.db, {
    login: 'anna',
    display_name: null,
    password_hash: await api.passwords.hash('a password'),
  });
  const session = await api.call('POST', '/auth/login', { body: { login: 'anna', password: 'a password' } });
  return { api, anna: { id: made?.id ?? '', token: dataOf(session)['access_token'] as string } };
}

const ask = async (api: TestApi, parameters: Record<string, string | number | object> = {}): Promise<string> => {
  const body = { action_ref: 'core.ask', parameters: parameters as never };
  const execution = dataOf(await api.call('POST', '/api/v1/executions', { token: api.admin, body }));
  expect(execution).toMatchObject({ status: 'running', worker: null });
  return execution['inquiry'] as string;
};

const go = { go: { type: 'boolean', required: true } };

test('an inquiry is listed, shown and answered, and its execution completes', async () => {
  const { api } = await site();
  await using _ = api;
  const id = await ask(api, { prompt: 'Go?', response_schema: go });
  const other = await ask(api);
  expect(rowsOf(await api.call('GET', '/api/v1/inquiries?limit=1', { token: api.viewer }))).toMatchObject([
    { id: other, status: 'pending', action_ref: 'core.ask', task_name: null, assigned_to: null },
  ]);
  const shown = dataOf(await api.call('GET', `/api/v1/inquiries/${id}`, { token: api.viewer }));
  expect(shown).toMatchObject({ prompt: 'Go?', response_schema: go, response: null, responded_by: null });

  const answered = await api.call('POST', `/api/v1/inquiries/${id}/respond`, {
    token: api.admin,
    body: { response: { go: true } },
  });
  expect(answered.status).toBe(200);
  expect(dataOf(answered)).toMatchObject({ status: 'responded', response: { go: true }, responded_login: 'admin' });
  expect(api.rung).toContain('execution');
  const execution = dataOf(
    await api.call('GET', `/api/v1/executions/${shown['execution'] as string}`, { token: api.viewer }),
  );
  expect(execution).toMatchObject({ status: 'completed', result: { response: { go: true } }, inquiry: null });
  const pending = await api.call('GET', '/api/v1/inquiries?status=pending', { token: api.viewer });
  expect(rowsOf(pending).map((row) => row['id'])).toEqual([other]);
  const of = await api.call('GET', `/api/v1/inquiries?execution=${shown['execution'] as string}`, {
    token: api.viewer,
  });
  expect(rowsOf(of).map((row) => row['id'])).toEqual([id]);
});

test('an answer that does not fit names each field, and a second answer is a conflict that says what is', async () => {
  const { api } = await site();
  await using _ = api;
  const id = await ask(api, { response_schema: go });
  const respond = (response: never) =>
    api.call('POST', `/api/v1/inquiries/${id}/respond`, { token: api.admin, body: { response } });
  const wrong = await respond({ go: 'yes', note: 1 } as never);
  expect(wrong.status).toBe(422);
  expect(errorOf(wrong).code).toBe('invalid_input');
  expect(errorOf(wrong).details.map((detail) => detail['pointer'])).toEqual(['/response/go', '/response/note']);
  expect((await api.call('POST', `/api/v1/inquiries/${id}/respond`, { token: api.admin, body: {} })).status).toBe(422);
  expect((await respond({ go: false } as never)).status).toBe(200);
  const again = await respond({ go: true } as never);
  expect(again.status).toBe(409);
  expect(errorOf(again)).toMatchObject({ code: 'conflict' });
  expect(errorOf(again).message).toContain('was answered already');
  const missing = await api.call('POST', '/api/v1/inquiries/999/respond', { token: api.admin, body: { response: 1 } });
  expect(missing.status).toBe(404);
});

test('a secret in an answer is masked wherever it could be read', async () => {
  const { api } = await site();
  await using _ = api;
  const id = await ask(api, { response_schema: { pin: { type: 'string', secret: true } } });
  const body = { response: { pin: 'hunter2-canary' } };
  const answered = await api.call('POST', `/api/v1/inquiries/${id}/respond`, { token: api.admin, body });
  expect(answered.status).toBe(200);
  const shown = await api.call('GET', `/api/v1/inquiries/${id}`, { token: api.admin });
  const execution = await api.call('GET', `/api/v1/executions/${dataOf(shown)['execution'] as string}`, {
    token: api.admin,
  });
  for (const { text } of [answered, shown, execution]) {
    expect(text).not.toContain('hunter2-canary');
    expect(text).not.toContain('$attune_sealed');
  }
});

test('who is asked may see and answer the question, and sees no other', async () => {
  const { api, anna } = await site();
  await using _ = api;
  const hers = await ask(api, { assigned_to: 'anna' });
  const others = await ask(api, { assigned_to: 'admin' });
  const anybodys = await ask(api);
  const list = async (query: string) =>
    rowsOf(await api.call('GET', `/api/v1/inquiries${query}`, { token: anna.token })).map((row) => row['id']);
  expect(await list('')).toEqual([hers]);
  expect(await list('?assigned_to=me')).toEqual([hers]);
  expect(await list('?assigned_to=1')).toEqual([]);
  expect((await api.call('GET', `/api/v1/inquiries/${hers}`, { token: anna.token })).status).toBe(200);
  for (const id of [others, anybodys]) {
    expect((await api.call('GET', `/api/v1/inquiries/${id}`, { token: anna.token })).status).toBe(404);
    const answer = await api.call('POST', `/api/v1/inquiries/${id}/respond`, {
      token: anna.token,
      body: { response: 1 },
    });
    expect(answer.status).toBe(404);
    const viewers = await api.call('POST', `/api/v1/inquiries/${id}/respond`, {
      token: api.viewer,
      body: { response: 1 },
    });
    expect(viewers.status).toBe(403);
  }
  const answer = await api.call('POST', `/api/v1/inquiries/${hers}/respond`, {
    token: anna.token,
    body: { response: 1 },
  });
  expect(dataOf(answer)).toMatchObject({ status: 'responded', responded_login: 'anna', response: 1 });
  expect(
    (await api.call('POST', `/api/v1/inquiries/${others}/respond`, { token: api.admin, body: { response: 1 } })).status,
  ).toBe(200);
});

test('a question that cannot be put fails its execution, which says why', async () => {
  const { api } = await site();
  await using _ = api;
  const body = { action_ref: 'core.ask', parameters: { assigned_to: 'nobody' } };
  const execution = dataOf(await api.call('POST', '/api/v1/executions', { token: api.admin, body }));
  expect(execution).toMatchObject({
    status: 'failed',
    inquiry: null,
    result: { error: { details: [{ pointer: '/assigned_to' }] } },
  });
});
