import { describe, expect, test } from 'vitest';
import type { FlatSchema } from '../schema/flat-schema.ts';
import { readYaml } from '../yaml/document.ts';
import { checkConfig, effectiveConfig, missingConfig, secretConfig, unfitConfig } from './config.ts';
import { readManifest } from './manifest.ts';

const conf_schema: FlatSchema = {
  url: { type: 'string', required: true },
  port: { type: 'integer', default: 80 },
  token: { type: 'string', secret: true, required: true },
  region: { type: 'string' },
};
const sealed = { $attune_sealed: 'v1.abc.x' };

test('what is set comes before what the files give, and that before the defaults of the schema', () => {
  const sources = {
    conf_schema,
    config_defaults: { url: 'file', region: 'file' },
    config: { region: 'set', token: sealed },
  };
  expect(effectiveConfig(sources)).toEqual({ url: 'file', port: 80, region: 'set', token: sealed });
  expect(effectiveConfig({ ...sources, config: { region: null } })).toEqual({ url: 'file', port: 80 });
});

test('a value whose name left the schema is kept and not shown; a pack without a schema shows all it has', () => {
  expect(effectiveConfig({ conf_schema, config_defaults: {}, config: { gone: 1 } })).toEqual({ port: 80 });
  expect(effectiveConfig({ conf_schema: {}, config_defaults: { a: 1 }, config: { b: 2 } })).toEqual({ a: 1, b: 2 });
});

test('required values that nothing gives are missing', () => {
  expect(missingConfig({ conf_schema, config_defaults: {}, config: {} })).toEqual(['url', 'token']);
  expect(missingConfig({ conf_schema, config_defaults: { url: 'x' }, config: { token: sealed } })).toEqual([]);
});

test('values are checked one by one, and a secret is in no message', () => {
  expect(checkConfig(conf_schema, { port: 8080 })).toEqual([]);
  const problems = checkConfig(conf_schema, { port: 'x', prot: 1, token: 42 });
  expect(problems.map(({ pointer }) => pointer)).toEqual(['/port', '/token', '/prot']);
  expect(problems.find(({ pointer }) => pointer === '/prot')?.message).toContain('"port"');
  expect(JSON.stringify(problems)).not.toContain('42');
});

test('stored values that a new schema does not accept are named; a name that it does not have does no harm', () => {
  const next: FlatSchema = { url: { type: 'string', maxLength: 3 }, port: { type: 'string' } };
  expect(unfitConfig(next, { url: 'four', port: 80, region: 'x' }).map(({ pointer }) => pointer)).toEqual([
    '/url',
    '/port',
  ]);
});

test('secret is what the schema marks, and what was sealed when it did', () => {
  expect(secretConfig({ conf_schema: { a: { secret: true } }, config: { b: sealed, c: 1 } })).toEqual([['a'], ['b']]);
});

describe('pack.yaml', () => {
  const problemsOf = (config: string) =>
    readManifest(
      readYaml(
        `ref: tide\nversion: 1.0.0\nconf_schema: { token: { secret: true }, url: { type: string } }\nconfig: ${config}\n`,
        'pack.yaml',
      ),
    ).problems;

  test('may give configuration, but no secret', () => {
    expect(problemsOf('{ url: x }')).toEqual([]);
    expect(problemsOf('{ token: hush }')).toMatchObject([
      {
        file: 'pack.yaml',
        line: 4,
        message: '"token" is secret and must not stand in a file: attune pack config set tide token',
      },
    ]);
    expect(problemsOf('{ url: 1 }')).toHaveLength(1);
  });
});
