import { parseJson, type JsonObject } from '@attune/core';
import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { expectInNoRow } from '../../../../testing/everywhere.ts';
import { until } from '../../../../testing/until.ts';
import { openSite, type Site } from '../cli/attune.test-support.ts';

// Secrets go every road that they may: given, configured, kept as keys, made by an action; into variables, items, children, nested
// workflows, results and by a rule. Afterwards they must be nowhere in clear.

const canaries = ['given-canary', 'config-canary', 'key-canary', 'made-canary'];

const pack: Record<string, string> = {
  'pack.yaml': `
ref: canary
version: 1.0.0
conf_schema: { api: { type: string, secret: true } }
`,
  'triggers/asked.yaml': 'ref: canary.asked\n',
  'rules/answer.yaml': `
ref: answer
trigger_ref: asked
action_ref: flow
action_params: { token: "{{ keystore.token }}", user: "{{ event.payload.user }}" }
`,
  'actions/use.yaml': `
ref: canary.use
runner_type: shell
entry_point: use.sh
parameters: { text: {}, token: { secret: true }, login: { type: object, properties: { user: {}, pin: { secret: true } } } }
`,
  // says what it was given, wherever it can
  'actions/use.sh': 'read -r given\necho "$given"\necho "$given" >&2\ncase "$given" in *fail*) exit 1;; esac\n',
  'actions/make.yaml': `
ref: canary.make
runner_type: shell
entry_point: make.sh
output_format: json
output: { token: { type: string, secret: true }, id: { type: integer } }
`,
  'actions/make.sh': `m=made\necho "made $m-canary" >&2\necho "{\\"token\\": \\"$m-canary\\", \\"id\\": 7, \\"url\\": \\"x?t=$m-canary\\"}"\n`,
  'actions/inner.yaml': `
ref: canary.inner
workflow_file: workflows/inner.workflow.yaml
parameters: { secret: { secret: true } }
output: { token: { secret: true } }
`,
  'actions/workflows/inner.workflow.yaml': `
version: 1.0.0
vars: { kept: null }
tasks:
  - name: deep
    action: canary.use
    input: { token: "{{ parameters.secret }}", text: fail }
    next:
      - { when: failed() and parameters.secret != "", publish: [ { kept: "{{ parameters.secret }}" } ], do: [noop] }
output_map: { token: "{{ workflow.kept }}" }
`,
  'actions/flow.yaml': `
ref: canary.flow
workflow_file: workflows/flow.workflow.yaml
parameters: { token: { type: string, secret: true }, user: { type: string } }
output: { all: { secret: true }, user: { type: string } }
`,
  'actions/workflows/flow.workflow.yaml': `
version: 1.0.0
vars: { all: null, login: null }
tasks:
  - name: make
    action: canary.make
    next:
      - when: length(result().token) > 3 and parameters.token != config.api
        publish:
          - all: ["{{ parameters.token }}", "{{ config.api }}", "{{ keystore.token }}", "{{ result().token }}"]
          - login: { user: "{{ parameters.user }}", pin: "{{ keystore.token }}" }
        do: [each, login, inner]
  - { name: each, action: canary.use, with_items: "{{ all }}", retry: { count: 1, delay: 0 }, input: { token: "{{ item }}", text: "{{ index }}" } }
  - { name: login, action: canary.use, input: { login: "{{ workflow.login }}", text: "{{ login.user }} {{ task.make.id }}" } }
  - name: inner
    action: canary.inner
    input: { secret: "{{ workflow.all }}" }
    next: [ { publish: [ { all: "{{ result().token }}" } ], do: [broken] } ]
  - name: broken
    action: canary.use
    input: { token: "{{ number(keystore.token) }}" }
    next: [ { when: failed(), do: [noop] } ]
output_map: { all: "{{ all }}", user: "{{ parameters.user }}" }
`,
};

/** Keeps all that a subscriber to everything is told. */
async function listen(site: Site): Promise<{ heard: () => string } & Disposable> {
  const { url } = await site.db.one<{ url: string }>(sql`select url from service where service = 'notifier'`);
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${site.api.token}` } });
  let heard = '';
  socket.on('message', (data: Buffer) => (heard += data.toString('utf8')));
  await new Promise((resolve) => socket.once('open', resolve));
  for (const entity of ['execution', 'event', 'enforcement', 'inquiry']) {
    socket.send(JSON.stringify({ type: 'subscribe', filter: `entity_type:${entity}` }));
  }
  return { heard: () => heard, [Symbol.dispose]: () => socket.terminate() };
}

/** Every GET of the API, asked about everything there is. */
async function everyAnswer(site: Site): Promise<{ path: string; text: string }[]> {
  const { api, db } = site;
  const get = async (path: string) => {
    const response = await fetch(api.url + path, { headers: { authorization: `Bearer ${api.token}` } });
    return { path, text: await response.text() };
  };
  const { text } = await get('/openapi.json');
  const document = parseJson(text) as { paths: Record<string, JsonObject> };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  expect(routes.length).toBeGreaterThan(25);
  const column = async (name: 'id' | 'ref', table: string) =>
    (await db.list<{ value: string }>(sql`select ${sql.raw(`${name}::text`)} as value from ${sql.raw(table)}`)).map(
      ({ value }) => value,
    );
  const tables: Record<string, string> = {
    packs: 'pack',
    actions: 'action',
    workflows: 'workflow_definition',
    triggers: 'trigger',
    rules: 'rule',
    events: 'event',
    enforcements: 'enforcement',
    executions: 'execution',
    inquiries: 'inquiry',
    keys: 'key',
  };
  const hashes = await db.many<{ hash: string; ref: string }>(sql`
    select hash, ref from revision where kind in ('action', 'workflow')`);
  const answers: { path: string; text: string }[] = [];
  for (const route of routes) {
    const noun = route.split('/')[3] ?? '';
    if (route.includes('{hash}')) {
      for (const { hash, ref } of hashes) answers.push(await get(route.replace('{ref}', ref).replace('{hash}', hash)));
      continue;
    }
    const name = /\{(id|ref)\}/.exec(route)?.[1] as 'id' | 'ref' | undefined;
    const values = name === undefined ? [''] : await column(name, tables[noun] ?? '');
    for (const value of values) answers.push(await get(route.replace(/\{(id|ref)\}/, value)));
  }
  for (const id of await column('id', 'execution'))
    answers.push(await get(`/api/v1/executions/${id}/logs?stream=stderr`));
  return answers;
}

test('secrets that went every road are in no row, log, answer, notification or output', async () => {
  await using site = await openSite();
  const files = Object.entries(pack).map(([path, text]) => [`canary/${path}`, text] as const);
  await site.write({
    ...Object.fromEntries(files),
    'config.txt': 'config-canary\n',
    'given.json': JSON.stringify({ token: 'given-canary', user: 'ada' }),
  });
  const shown: string[] = [];
  const attune = async (line: string, options = {}): Promise<void> => {
    const { exit, stdout, stderr } = await site.run(line.split(' '), options);
    shown.push(stdout, stderr);
    expect(exit, `attune ${line}\n${stderr}`).toBe(0);
  };
  await attune('pack register canary');
  await attune('pack config set canary api --file config.txt');
  await attune('key set token --owner pack:canary --stdin', { stdin: 'key-canary' });
  using notified = await listen(site);

  await attune('action execute canary.flow --params-json @given.json --watch');
  await attune('event send canary.asked --param user=eve --wait');
  const runs = await site.db.many<{ id: string; status: string }>(sql`
    select id, status from execution where action_ref = 'canary.flow' order by id`);
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed']);
  await until('the end of the second run is told', () =>
    notified.heard().includes(`"entity_id":"${runs[1]?.id ?? ''}"`),
  );
  for (const { id } of runs) {
    for (const command of [
      `execution show ${id}`,
      `execution tree ${id}`,
      `execution logs ${id}`,
      `execution explain ${id}`,
    ]) {
      await attune(command);
    }
  }
  for (const command of [
    'key list',
    'key show token --owner pack:canary',
    'pack config show canary',
    'pack show canary',
  ]) {
    await attune(command);
  }

  // they were really there: the actions were given them, and their logs show it
  const logs = await site.db.many<{ text: string }>(sql`
    select string_agg(encode(content, 'escape'), '') as text from execution_log group by execution, stream`);
  expect(logs.filter(({ text }) => text.includes('"token":"******"')).length).toBeGreaterThan(8);
  expect(logs.some(({ text }) => text.includes('"url": "x?t=******"'))).toBe(true);

  await expectInNoRow(site.db, canaries);
  const answers = await everyAnswer(site);
  expect(answers.length).toBeGreaterThan(80);
  const isClear = (text: string) => canaries.some((canary) => text.includes(canary));
  expect(answers.filter(({ text }) => isClear(text))).toEqual([]);
  expect(shown.filter(isClear)).toEqual([]);
  expect(notified.heard().length).toBeGreaterThan(1000);
  expect(isClear(notified.heard())).toBe(false);
  expect(isClear(site.output())).toBe(false);

  // and who may, sees it
  await attune('key show token --owner pack:canary --decrypt');
  expect(shown.filter(isClear)).toHaveLength(1);
}, 120_000);
