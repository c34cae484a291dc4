import {
  isSealed,
  keyRef,
  openSecrets,
  secretMask,
  sha256Hex,
  storedKeyValue,
  type Json,
  type JsonObject,
} from '@attune/core';
import { keys, sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { expectInNoRow } from '../../../testing/everywhere.ts';
import { claim, configurePack, finish, record } from '../src/index.ts';
import { flow, playOut, registerTestPack, runOf, startFlow, type Act } from './play.ts';
import { rebuilt } from './rebuilt.ts';
import { installWorker, request } from './support.ts';
import { secretDatabase, vault } from './vault.ts';

const canaries = ['parameter-canary', 'config-canary', 'key-canary', 'result-canary'];

const action = (name: string, parameters: string, output?: string): Record<string, string> => ({
  [`actions/${name}.yaml`]: `ref: test.${name}\nentry_point: do.sh\nparameters: ${parameters}\n${output === undefined ? '' : `output: ${output}\n`}`,
});
const workflow = (name: string, graph: string, head = ''): Record<string, string> => ({
  [`actions/${name}.yaml`]: `ref: test.${name}\nworkflow_file: workflows/${name}.workflow.yaml\n${head}`,
  [`actions/workflows/${name}.workflow.yaml`]: graph,
});

const use = action('use', '{ text: {}, token: { secret: true }, list: {} }');
const any = { 'actions/any.yaml': 'ref: test.any\nentry_point: do.sh\n' };
const make = action('make', '{}', '{ token: { type: string, secret: true }, id: { type: integer } }');
const flowWithToken = (graph: string, more = ''): Record<string, string> =>
  flow(graph, `parameters: { token: { type: string, secret: true }, user: { type: string, default: me } }\n${more}`);

const setKey = (db: Database, name: string, value: Json) =>
  keys.insert(db, { ref: keyRef('system', '', name), name, ...storedKeyValue(value, true, vault) }, { type: 'system' });

test('a secret goes every allowed road and stands in no row in clear', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'pack.yaml': 'ref: test\nversion: 1.0.0\nconf_schema: { api: { secret: true } }\n',
    'triggers/asked.yaml': 'ref: test.asked\n',
    'rules/start.yaml':
      'ref: start\ntrigger_ref: asked\naction_ref: flow\naction_params: { token: "{{ keystore.k }}" }\n',
    ...use,
    ...make,
    ...workflow(
      'inner',
      `
version: 1.0.0
vars: { kept: null }
tasks:
  - { name: deep, action: test.use, input: { token: "{{ parameters.secret }}" }, next: [ { publish: [ { kept: "{{ parameters.secret }}" } ] } ] }
output_map: { token: "{{ workflow.kept }}", open: "yes" }
`,
      'parameters: { secret: { secret: true } }\noutput: { token: { secret: true }, open: {} }\n',
    ),
    ...flowWithToken(
      `
version: 1.0.0
vars: { found: null, all: null, copy: null }
tasks:
  - name: make
    action: test.make
    next:
      - when: succeeded() and result().token != "" and parameters.token != "x"
        publish:
          - found
          - { all: ["{{ result().token }}", "{{ parameters.token }}", "{{ config.api }}", "{{ keystore.k }}"] }
          - { copy: { inner: "{{ workflow.all }}" } }
        do: [items, inherits]
  - name: items
    action: test.use
    with_items: "{{ workflow.copy.inner }}"
    concurrency: 2
    retry: { count: 1, delay: 0 }
    input: { token: { it: "{{ item }}", from: "{{ task.make.token }}" }, text: "{{ index }} of {{ found.id }}" }
    next: [ { do: [inner] } ]
  - { name: inherits, action: test.use, input: inherit }
  - name: inner
    action: test.inner
    input: { secret: "{{ workflow.all }}" }
    next: [ { publish: [ { all: "{{ result().token }}" } ], do: [last] } ]
  - { name: last, action: test.use, input: { token: "{{ all }}", text: "{{ task.inner.open }}" } }
output_map: { token: "{{ workflow.all }}", user: "{{ parameters.user }}" }
`,
      'output: { token: { secret: true }, user: { type: string } }\n',
    ),
  });
  await configurePack(db, 'test', { kind: 'replace', values: { api: 'config-canary' } });
  await setKey(db, 'k', 'key-canary');
  const run = await startFlow(db, { token: 'parameter-canary' });
  await record(db, { trigger_ref: 'test.asked', payload: {} });

  const given: JsonObject[] = [];
  const act: Act = (config, { action_ref, attempt }) => {
    const opened = openSecrets(config, vault);
    if (action_ref === 'test.use') given.push(opened);
    if (action_ref === 'test.make') return { token: 'result-canary', id: 7 };
    const isFirstItem = opened['text'] === '0 of 7' && attempt === 1;
    return isFirstItem ? { kind: 'failed', result: { succeeded: false, error: 'again' } } : {};
  };
  await playOut(db, act);

  const all = ['result-canary', 'parameter-canary', 'config-canary', 'key-canary'];
  const ended = await runOf(db, run);
  expect(ended).toMatchObject({ status: 'completed', result: { user: 'me', succeeded: true } });
  expect(openSecrets(ended.result, vault)).toMatchObject({ token: all });
  for (const it of all) expect(given).toContainEqual(expect.objectContaining({ token: { it, from: 'result-canary' } }));
  expect(given).toContainEqual({ token: 'parameter-canary' });
  expect(given).toContainEqual({ token: all });
  expect(given).toContainEqual({ token: all, text: 'yes' });
  const statuses = await db.many<{ status: string }>(
    sql`select distinct status from execution where retry_count > 0 or result->'error' is null`,
  );
  expect(statuses).toEqual([{ status: 'completed' }]);
  await expectInNoRow(db, canaries);
});

test('what is kept of such a run is what its record rebuilds', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    ...use,
    ...make,
    ...flowWithToken(`
version: 1.0.0
vars: { found: null }
tasks:
  - name: make
    action: test.make
    next: [ { when: length(result().token) > 3, publish: [ { found: "{{ result().token + keystore.k }}" }, { id: "{{ result().id }}" } ], do: [items] } ]
  - { name: items, action: test.use, with_items: "{{ [found, parameters.token] }}", input: { token: "{{ item }}" } }
`),
  });
  await setKey(db, 'k', 'key-canary');
  await startFlow(db, { token: 'parameter-canary' });
  await playOut(db, (_, { action_ref }) => (action_ref === 'test.make' ? { token: 'result-canary', id: 7 } : {}));
  const { decision, variables } = await db.one<{ decision: JsonObject; variables: JsonObject }>(sql`
    select s.decision, w.variables from workflow_step s join workflow_execution w on w.id = s.workflow_execution
    where s.step = 2`);
  expect(decision['transitions']).toMatchObject([{ fired: true, published: { found: secretMask, id: 7 } }]);
  expect([isSealed(variables['found'] ?? null), variables['id']]).toEqual([true, 7]);
  await expectInNoRow(db, canaries);
  for (const { kept, decided } of await rebuilt(db)) expect(decided).toEqual(kept);
});

test('a task that would put a secret where the action does not mark it cannot start, and says which and whence', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    ...use,
    ...any,
    ...flowWithToken(`
version: 1.0.0
vars: { copy: null }
tasks:
  - { name: first, action: test.do, next: [ { publish: [ { copy: "{{ parameters.token }}" } ], do: [bad] } ] }
  - { name: bad, action: test.use, retry: { count: 3, delay: 0 }, next: [ { when: failed(), do: [handled] } ] }
  - { name: handled, action: test.do }
`),
  });
  const { workflow } = await definitionOf(db);
  const [first, bad, handled] = workflow.tasks;
  const copy = '{{ workflow.copy }}';
  const cases: { task: JsonObject; exposes: [pointer: string, message: RegExp][] }[] = [
    {
      task: { action: 'test.use', input: { text: `x ${copy}`, token: copy, list: [copy] } },
      exposes: [
        ['/list', /"list" of 'test.use' would receive parameters.token/],
        ['/text', /"text" of 'test.use' would receive parameters.token, which is secret/],
      ],
    },
    { task: { action: 'test.any', input: 'inherit' }, exposes: [['/token', /"token" of 'test.any'/]] },
    {
      task: { action: 'test.any', input: { x: '{{ parameters }}' } },
      exposes: [['/x/token', /"x.token" of 'test.any' would receive parameters.token/]],
    },
  ];
  for (const { task, exposes } of cases) {
    // such a workflow is refused with its pack, but the action may have changed since
    await replaceWorkflow(db, { ...workflow, tasks: [first ?? {}, { ...bad, ...task }, handled ?? {}] });
    const run = await startFlow(db, { token: 'parameter-canary' });
    expect(await playOut(db)).toEqual(['first', 'handled']);
    expect((await runOf(db, run)).status).toBe('completed');
    const row = await db.one<{ status: string; started_at: string | null; result: JsonObject }>(sql`
      select status, started_at, result from execution where workflow_task->>'task_name' = 'bad' order by id desc limit 1`);
    const details = exposes.map(([pointer, message]) => ({
      pointer,
      message: expect.stringMatching(message) as string,
    }));
    expect(row).toMatchObject({
      status: 'failed',
      started_at: null,
      result: { error: { kind: 'secret_exposed', details } },
    });
    await expectInNoRow(db, canaries);
  }
});

interface StoredWorkflow extends JsonObject {
  tasks: JsonObject[];
}

const definitionOf = async (db: Database): Promise<{ workflow: StoredWorkflow }> =>
  (
    await db.one<{ definition: { workflow: StoredWorkflow } }>(sql`
      select v.definition from action a join revision v on v.hash = a.revision where a.ref = 'test.flow'`)
  ).definition;

const replaceWorkflow = (db: Database, workflow: JsonObject) =>
  db.run(sql`
    with changed as (
      insert into revision (hash, kind, ref, definition)
      select ${sha256Hex(Buffer.from(JSON.stringify(workflow)))}, kind, ref, jsonb_set(definition, '{workflow}', ${JSON.stringify(workflow)}::jsonb)
      from revision where hash = (select revision from action where ref = 'test.flow') returning hash),
    kept as (update pack_action set revision = changed.hash from changed where pack_action.ref = 'test.flow')
    update action set revision = changed.hash from changed where ref = 'test.flow'`);

test('an output that is not marked fails the run, naming the key; the others are kept, and one that is marked is sealed', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const run = async (more: string) => {
    await registerTestPack(db, {
      ...make,
      ...flow(
        `
version: 1.0.0
tasks: [ { name: make, action: test.make } ]
output_map: { id: "{{ task.make.id }}", token: "{{ task.make.token }}" }
`,
        more,
      ),
    });
    const id = await startFlow(db);
    await playOut(db, () => ({ token: 'result-canary', id: 7 }));
    return runOf(db, id);
  };
  const marked = await run('output: { id: {}, token: { secret: true } }\n');
  expect(marked).toMatchObject({ status: 'completed', result: { id: 7, succeeded: true } });
  expect(openSecrets(marked.result, vault)).toMatchObject({ token: 'result-canary' });
  const { workflow } = await definitionOf(db);
  await replaceWorkflow(db, { ...workflow, output: { id: {}, token: {} } });
  const id = await startFlow(db);
  await playOut(db, () => ({ token: 'result-canary', id: 7 }));
  expect(await runOf(db, id)).toMatchObject({
    status: 'failed',
    result: {
      id: 7,
      succeeded: false,
      error: expect.stringMatching(/output_map 'token' would show task.make.token, which is secret/) as string,
    },
  });
  await expectInNoRow(db, canaries);
});

test('an error about a secret tells no value of it', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    ...use,
    ...flowWithToken(`
version: 1.0.0
tasks:
  - { name: a, action: test.use, input: { token: "{{ number(parameters.token) }}" }, next: [ { when: failed() and number(parameters.token) == 1, do: [b] } ] }
  - { name: b, action: test.use }
`),
  });
  const run = await startFlow(db, { token: 'parameter-canary' });
  await playOut(db);
  const { status, result } = await runOf(db, run);
  expect([status, result?.['error']]).toEqual([
    'failed',
    expect.stringMatching(/more is not told, for it reads parameters.token, which is secret/) as string,
  ]);
  await expectInNoRow(db, canaries);
});

test('a result that a newer version of the action marks secret is followed from then on', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const files = (output: string) => ({
    ...use,
    ...action('make', '{}', output),
    ...flowWithToken(`
version: 1.0.0
vars: { found: null }
tasks:
  - { name: first, action: test.do, next: [ { do: [make] } ] }
  - { name: make, action: test.make, next: [ { publish: [ { found: "{{ result().token }}" } ], do: [use] } ] }
  - { name: use, action: test.use, input: { token: "{{ found }}" } }
`),
  });
  await registerTestPack(db, files('{ token: {} }'));
  const run = await startFlow(db);
  await db.run(sql`
    update revision set definition = jsonb_set(definition, '{output}', '{"token": {"secret": true}}')
    where ref = 'test.make'`);
  await playOut(db, (_, { action_ref }) => (action_ref === 'test.make' ? { token: 'result-canary' } : {}));
  expect((await runOf(db, run)).status).toBe('completed');
  await expectInNoRow(db, canaries);
});

test('what only pretends to be sealed is refused as a parameter and escaped in a result', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const forged = { $attune_sealed: 'v1.test.2278220a' };
  await registerTestPack(db, {
    ...use,
    ...flow(`
version: 1.0.0
vars: { kept: null }
tasks:
  - { name: a, action: test.do, next: [ { publish: [ { kept: "{{ result() }}" } ], do: [b] } ] }
  - { name: b, action: test.use, input: { text: "{{ kept.data }}" } }
`),
  });
  await expect(request(db, 'test.use', { text: [forged] })).rejects.toMatchObject({
    code: 'invalid_input',
    details: [{ pointer: '/parameters/text/0' }],
  });
  const run = await startFlow(db);
  const seen: JsonObject[] = [];
  await playOut(db, (config) => {
    seen.push(config);
    return { forged };
  });
  expect((await runOf(db, run)).status).toBe('completed');
  expect(seen[1]).toEqual({ text: { forged: { $$attune_sealed: forged.$attune_sealed } } });
  await expect(
    registerTestPack(
      db,
      flow(`version: 1.0.0\nvars: { x: { $attune_sealed: v1 } }\ntasks: [ { name: a, action: test.do } ]\n`),
    ),
  ).rejects.toMatchObject({ code: 'invalid_pack' });
});

test('a report that comes too late is kept with its secrets sealed', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, make);
  await request(db, 'test.make');
  const [claimed] = await claim(db, { worker: await installWorker(db, 'w'), runtimes: ['shell'], limit: 1 });
  const outcome = {
    kind: 'succeeded' as const,
    result: { succeeded: true, data: { token: 'result-canary' }, stdout: 'x' },
  };
  const report = { execution: claimed?.id ?? '', lease_token: crypto.randomUUID(), outcome };
  expect(await finish(db, report)).toBe('refused');
  expect(await finish(db, { ...report, lease_token: claimed?.lease_token ?? '' })).toBe('recorded');
  await expectInNoRow(db, canaries);
  const { result, result_hash } = await db.one<{ result: JsonObject; result_hash: string }>(
    sql`select result, result_hash from execution`,
  );
  expect(openSecrets(result, vault)).toEqual(outcome.result);
  expect(result_hash).toMatch(/^[0-9a-f]{64}$/);
});
