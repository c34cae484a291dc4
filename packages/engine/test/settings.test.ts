import { keyRef, storedKeyValue, type Json, type JsonObject } from '@attune/core';
import { actions, keys, packs, sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { configurePack, record, registerPack } from '../src/index.ts';
import { flow, playOut, registerTestPack, startFlow } from './play.ts';
import { secretDatabase, vault } from './vault.ts';

const say = 'ref: test.say\nentry_point: do.sh\nparameters: { text: {}, token: { secret: true }, more: {} }\n';
const conf = (schema: string, config = '{}') =>
  `ref: test\nversion: 1.0.0\nconf_schema: ${schema}\nconfig: ${config}\n`;

async function setKey(db: Database, owner: 'system' | 'pack' | 'action', name: string, value: Json, encrypted = true) {
  const pack = await packs.findByRef(db, 'test');
  const action = await actions.idOf(db, 'test.flow');
  const whose = {
    system: { type: 'system' as const },
    pack: { type: 'pack' as const, id: pack?.id ?? '', ref: 'test' },
    action: { type: 'action' as const, id: action ?? '', ref: 'test.flow' },
  }[owner];
  const ref = keyRef(owner, owner === 'pack' ? 'test' : 'test.flow', name);
  await keys.insert(db, { ref, name, ...storedKeyValue(value, encrypted, vault) }, whose);
}

/** What the tasks of a flow are given, in the order they run. */
async function given(db: Database): Promise<JsonObject[]> {
  const seen: JsonObject[] = [];
  await playOut(db, (config) => {
    seen.push(config);
    return {};
  });
  return seen;
}

test('config is what is set, else what the file gives, else the default of the schema; secrets are opened', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'pack.yaml': conf(
      '{ url: { type: string }, port: { type: integer, default: 80 }, region: { type: string }, token: { secret: true } }',
      '{ url: file, region: file }',
    ),
    'actions/say.yaml': say,
    ...flow(`
version: 1.0.0
tasks:
  - { name: a, action: test.say, input: { text: "{{ config.url }} {{ config.port }} {{ config.region }}", token: "{{ config.token }}" } }
`),
  });
  await configurePack(db, 'test', { kind: 'merge', values: { region: 'set', token: 'hush' } });
  await startFlow(db);
  expect(await given(db)).toMatchObject([{ text: 'file 80 set', token: { $attune_sealed: vault.seal('"hush"') } }]);
});

test('a run keeps the configuration and the keys it began with', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'pack.yaml': conf('{ url: { type: string } }'),
    'actions/say.yaml': say,
    ...flow(`
version: 1.0.0
tasks:
  - { name: a, action: test.do, next: [ { do: [b] } ] }
  - { name: b, action: test.say, input: { text: "{{ config.url }}", token: "{{ keystore.k }}", more: "{{ system.workflow_start }}" } }
`),
  });
  await configurePack(db, 'test', { kind: 'replace', values: { url: 'before' } });
  await setKey(db, 'system', 'k', 'before');
  const run = await startFlow(db);
  await configurePack(db, 'test', { kind: 'replace', values: { url: 'after' } });
  await keys.setValue(db, 'system.k', storedKeyValue('after', true, vault));
  const [, second] = await given(db);
  const { start } = await db.one<{ start: string }>(sql`select started_at as start from execution where id = ${run}`);
  expect(second).toEqual({ text: 'before', token: { $attune_sealed: vault.seal('"before"') }, more: start });
  const { facts } = await db.one<{ facts: JsonObject }>(sql`select facts from workflow_execution`);
  expect(facts).toMatchObject({
    config: { url: 'before' },
    keystore: { k: { $attune_sealed: vault.seal('"before"') } },
  });
});

test('of keys with one name that of the action comes first, then the one of its pack, then the one of the system', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'actions/say.yaml': say,
    ...flow(`
version: 1.0.0
tasks:
  - name: a
    action: test.say
    input: { token: ["{{ keystore.one }}", "{{ keystore['two.parts'] }}", "{{ keystore.three }}", "{{ get(keystore, 'four', 'none') }}"] }
`),
  });
  for (const [owner, name] of [
    ['system', 'one'],
    ['pack', 'one'],
    ['action', 'one'],
    ['system', 'two.parts'],
    ['pack', 'two.parts'],
    ['system', 'three'],
  ] as const) {
    await setKey(db, owner, name, { of: owner }, owner !== 'pack');
  }
  await startFlow(db);
  const expected = JSON.stringify([{ of: 'action' }, { of: 'pack' }, { of: 'system' }, 'none']);
  expect(await given(db)).toEqual([{ token: { $attune_sealed: vault.seal(expected) } }]);
});

test('only the keys that the workflow names are kept; with a computed name all that are visible', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const graph = (read: string) => `
version: 1.0.0
tasks: [ { name: a, action: test.say, input: { token: "{{ ${read} }}" } } ]
`;
  const kept = async (read: string): Promise<string[]> => {
    await registerTestPack(db, {
      'actions/say.yaml': say,
      ...flow(graph(read), 'parameters: { name: { type: string, default: b } }\n'),
    });
    await db.run(sql`delete from key`);
    for (const name of ['a', 'b', 'c']) await setKey(db, 'system', name, name);
    await startFlow(db);
    await playOut(db);
    const row = await db.one<{ facts: JsonObject }>(sql`select facts from workflow_execution order by id desc limit 1`);
    return Object.keys(row.facts['keystore'] as JsonObject).sort();
  };
  expect(await kept('keystore.a')).toEqual(['a']);
  expect(await kept('keystore[parameters.name]')).toEqual(['a', 'b', 'c']);
  expect(await kept('parameters.name')).toEqual([]);
});

test('a key or a value of the configuration that is missing fails the task, saying how to set it', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'pack.yaml': conf('{ url: { type: string } }'),
    'actions/say.yaml': say,
    ...flow(`
version: 1.0.0
tasks:
  - { name: a, action: test.say, input: { token: "{{ keystore.gone }}" } }
  - { name: b, action: test.say, input: { text: "{{ config.url }}" } }
`),
  });
  await startFlow(db);
  await playOut(db);
  const rows = await db.many<{ message: string; started_at: string | null }>(sql`
    select result->'error'->>'message' as message, started_at from execution where action_ref = 'test.say' order by id`);
  expect(rows).toEqual([
    {
      message:
        'task \'a\', input/token: No key "gone" is visible to pack test; set it with: attune key set gone --owner pack:test (in: {{ keystore.gone }})',
      started_at: null,
    },
    {
      message:
        'task \'b\', input/url: The configuration of pack test has no value for "url"; set it with: attune pack config set test url (in: {{ config.url }})'.replace(
          'input/url',
          'input/text',
        ),
      started_at: null,
    },
  ]);
});

test('a rule reads the configuration, keys and system, and its secrets go only where the action marks them', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const rule = (name: string, params: string, conditions = '{}') => ({
    [`rules/${name}.yaml`]: `ref: ${name}\ntrigger_ref: asked\naction_ref: say\nconditions: ${conditions}\naction_params: ${params}\n`,
  });
  await registerTestPack(db, {
    'pack.yaml': conf('{ url: { type: string }, api: { secret: true } }'),
    'actions/say.yaml': say,
    'triggers/asked.yaml': 'ref: test.asked\n',
    ...rule(
      'good',
      '{ text: "{{ config.url }} {{ pack.config.url }} {{ system.rule.ref }}", token: ["{{ keystore.k }}", "{{ config.api }}"] }',
      '{ expression: config.url == "here" }',
    ),
    ...rule('none', '{ token: "{{ keystore.gone }}" }'),
  });
  await configurePack(db, 'test', { kind: 'replace', values: { url: 'here', api: 'api-canary' } });
  await setKey(db, 'pack', 'k', 'key-canary');
  await record(db, { trigger_ref: 'test.asked', payload: {} });
  const seen = await given(db);
  expect(seen).toHaveLength(2);
  expect(seen).toContainEqual({
    text: 'here here test.good',
    token: { $attune_sealed: vault.seal('["key-canary","api-canary"]') },
  });
  expect(seen).toContainEqual({ token: null });
});

test.for(['{{ keystore.k }}', '{{ config.api }}', 'x {{ pack.config.api }}', '{{ pack.config }}'])(
  'a rule that would put %s into a parameter that is not secret makes a failed enforcement',
  async (template) => {
    await using database = await secretDatabase();
    const { db } = database;
    await registerTestPack(db, {
      'pack.yaml': conf('{ api: { secret: true } }'),
      'actions/say.yaml': say,
      'triggers/asked.yaml': 'ref: test.asked\n',
      'rules/bad.yaml': 'ref: bad\ntrigger_ref: asked\naction_ref: say\n',
    });
    // as a rule that was registered before its secrets were marked
    await db.run(sql`
      update revision set definition = jsonb_set(definition, '{action_params}', ${JSON.stringify({ text: template })}::jsonb)
      where kind = 'rule'`);
    await configurePack(db, 'test', { kind: 'replace', values: { api: 'api-canary' } });
    await setKey(db, 'system', 'k', 'key-canary');
    await record(db, { trigger_ref: 'test.asked', payload: {} });
    expect(await given(db)).toEqual([]);
    const [row] = await db.many<{ status: string; error: JsonObject; config: Json }>(
      sql`select status, error, config from enforcement`,
    );
    expect(row).toMatchObject({
      status: 'failed',
      config: null,
      error: {
        stage: 'action_params',
        kind: 'secret_exposed',
        details: [{ pointer: expect.stringMatching(/^\/text/) as string }],
      },
    });
    expect(JSON.stringify(row)).not.toContain('canary');
  },
);

test('a pack that does not accept any more how it is configured is refused, unless it is forced', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  const register = (schema: string, version: string, force = false) =>
    registerPack(
      db,
      {
        files: new Map([
          [
            'pack.yaml',
            {
              mode: 0o644,
              content: new TextEncoder().encode(`ref: test\nversion: ${version}\nconf_schema: ${schema}\n`),
            },
          ],
        ]),
        source_path: null,
        force,
      },
      vault,
    );
  await register('{ port: { type: integer }, name: { type: string }, pin: { type: string, secret: true } }', '1.0.0');
  await configurePack(db, 'test', { kind: 'replace', values: { port: 80, name: 'a', pin: 'canary' } });
  const stored = async () => (await packs.findByRef(db, 'test'))?.config;

  await register('{ port: { type: integer }, name: { type: string, secret: true }, pin: { type: string } }', '1.1.0');
  expect(await stored()).toEqual({
    port: 80,
    name: { $attune_sealed: vault.seal('"a"') },
    pin: { $attune_sealed: vault.seal('"canary"') },
  });
  await expect(register('{ port: { type: string }, pin: { type: integer } }', '1.2.0')).rejects.toMatchObject({
    code: 'conflict',
    details: [{ pointer: '/config/port' }, { pointer: '/config/pin' }],
  });
  expect((await packs.findByRef(db, 'test'))?.version).toBe('1.1.0');
  const forced = await register('{ port: { type: string }, pin: { type: integer } }', '1.2.0', true);
  expect(forced.forgotten_config).toEqual(['port', 'pin']);
  expect(await stored()).toEqual({ name: { $attune_sealed: vault.seal('"a"') } });
});

test('values that do not fit are refused by name; masks stand for what is stored; null takes away', async () => {
  await using database = await secretDatabase();
  const { db } = database;
  await registerTestPack(db, {
    'pack.yaml': conf(
      '{ url: { type: string }, login: { type: object, properties: { user: {}, pin: { secret: true } } } }',
    ),
  });
  const stored = async () => (await packs.findByRef(db, 'test'))?.config;
  const mask = { $attune_secret: true, redacted: true };
  const change = (kind: 'merge' | 'replace', values: JsonObject) => configurePack(db, 'test', { kind, values });

  await expect(change('merge', { ulr: 'x', url: 1 })).rejects.toMatchObject({
    code: 'invalid_input',
    details: [{ pointer: '/url' }, { pointer: '/ulr', message: expect.stringContaining('"url"') as string }],
  });
  await expect(change('merge', { login: { pin: mask } })).rejects.toMatchObject({
    details: [{ pointer: '/login/pin' }],
  });
  await expect(change('merge', { url: { $attune_sealed: 'v1.test.00' } })).rejects.toMatchObject({
    details: [{ pointer: '/url' }],
  });
  expect(await stored()).toEqual({});
  await change('replace', { url: 'x', login: { user: 'me', pin: '1234' } });
  await change('replace', { login: { user: 'you', pin: mask } });
  const pin = { $attune_sealed: vault.seal('"1234"') };
  expect(await stored()).toEqual({ login: { user: 'you', pin } });
  await change('merge', { url: 'y' });
  await change('merge', { login: null });
  expect(await stored()).toEqual({ url: 'y' });
  expect(await configurePack(db, 'nothing', { kind: 'merge', values: {} })).toBe(false);
});
