import { Validator } from '@cfworker/json-schema';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../src/json.ts';
import type { Problem } from '../src/errors.ts';
import { readAction } from '../src/pack/action.ts';
import { fileKindNames, fileSchema, type FileKindName } from '../src/pack/file-schema.ts';
import type { PackFiles } from '../src/pack/files.ts';
import { readManifest } from '../src/pack/manifest.ts';
import { readRule } from '../src/pack/rule.ts';
import { readTrigger } from '../src/pack/trigger.ts';
import type { ProblemCode } from '../src/problem-code.ts';
import { examples } from './pack-check/examples.ts';
import { parseConditions } from '../src/rule/parse-conditions.ts';
import { parseWorkflow } from '../src/workflow/file/parse.ts';
import { readTests } from '../src/workflow/simulate/test-file.ts';
import { readYaml, type YamlDocument } from '../src/yaml/document.ts';

const root = join(import.meta.dirname, '../../..');

/** Another validator than ours: cfworker's, which knows draft 2020-12. */
const validators = new Map(
  fileKindNames.map((name) => [name, new Validator(plain(fileSchema(name)) as never, '2020-12', false)] as const),
);

function faults(kind: FileKindName, value: Json): string[] {
  const { valid, errors } = validators.get(kind)?.validate(plain(value)) ?? { valid: false, errors: [] };
  return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** With the prototype that a validator may expect. */
function plain(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? Number(member) : member)),
  ) as Json;
}

interface Sample {
  name: string;
  kind: FileKindName;
  value: Json;
}

function kindOf(path: string): FileKindName | undefined {
  if (path.endsWith('/pack.yaml')) return 'pack';
  if (path.endsWith('.workflow.yaml')) return 'graph';
  if (path.endsWith('.test.yaml')) return 'test';
  if (path.endsWith('.expect.yaml')) return undefined;
  if (path.endsWith('.action.yaml')) return 'action';
  if (path.includes('/tour/')) return 'workflow';
  const folder = path.split('/').at(-2) ?? '';
  const kinds: Record<string, FileKindName> = {
    actions: 'action',
    triggers: 'trigger',
    rules: 'rule',
    workflows: 'workflow',
    fixtures: 'workflow',
  };
  return kinds[folder];
}

function samplesIn(folder: string): Sample[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ya?ml$/.test(path))
    .flatMap((path) => {
      const full = join(root, folder, path);
      const kind = kindOf(full);
      const { value } = readYaml(readFileSync(full, 'utf8'), path);
      return kind === undefined || value === undefined ? [] : [{ name: relative(root, full), kind, value }];
    });
}

const page = readFileSync(join(root, 'docs/packs.md'), 'utf8');
const onPage = [...page.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)].map(([, path = '', text = '']): Sample => ({
  name: `docs/packs.md ${path}`,
  kind: kindOf(`/${path}`) ?? 'pack',
  value: readYaml(text, path).value ?? null,
}));
const samples = [
  ...samplesIn('packs'),
  ...samplesIn('packages/core/src/workflow/fixtures'),
  ...samplesIn('packages/server/test/conformance/pack'),
  ...samplesIn('packages/server/test/conformance/tour').filter(({ name }) => !isRefused(name)),
  ...onPage,
];

/** Whether a workflow of the tour is there to be refused. */
function isRefused(name: string): boolean {
  const expectation = join(root, name.replace(/\.yaml$/, '.expect.yaml'));
  return existsSync(expectation) && readFileSync(expectation, 'utf8').includes('problems:');
}

test('the schemas in the folder schemas are those of the parser; npm run generate:schemas writes them', () => {
  expect(readdirSync(join(root, 'schemas')).sort()).toEqual(fileKindNames.map((name) => `${name}.schema.json`).sort());
  for (const name of fileKindNames) {
    const written = JSON.parse(readFileSync(join(root, 'schemas', `${name}.schema.json`), 'utf8')) as unknown;
    expect(written, name).toEqual(JSON.parse(JSON.stringify(fileSchema(name))));
  }
});

test('the samples are many, of every kind', () => {
  expect(new Set(samples.map(({ kind }) => kind))).toEqual(new Set(fileKindNames));
  expect(samples.length).toBeGreaterThan(40);
});

test.each(samples)('$name is sound by its schema', ({ kind, value }) => {
  expect(faults(kind, value)).toEqual([]);
});

test.each(['unknown_key', 'missing_key', 'wrong_type', 'wrong_value', 'needs_quotes', 'unsupported'] as const)(
  'the example of %s is refused by its schema, too',
  (code) => {
    const { file, text } = examples[code];
    expect(faults(kindOf(`/${file}`) ?? 'pack', readYaml(text, file).value ?? null)).not.toEqual([]);
  },
);

test('every key of every kind says what it means', () => {
  const silent = (schema: Json, path: string): string[] => {
    if (!isJsonObject(schema)) return [];
    const { properties } = schema;
    const here = isJsonObject(properties) && schema['additionalProperties'] === false ? Object.entries(properties) : [];
    return [
      ...here.flatMap(([name, member]) =>
        !isJsonObject(member) || Object.keys(member).length === 0 || 'description' in member || 'const' in member
          ? []
          : [`${path}/${name}`],
      ),
      ...Object.entries(schema).flatMap(([key, member]) => silent(member, `${path}/${key}`)),
    ];
  };
  for (const name of fileKindNames) {
    const { $defs: _, ...schema } = fileSchema(name);
    expect(silent(schema, name)).toEqual([]);
  }
});

/** Everything wrong with the form of a file, as the parser tells it. */
function problemsOf(kind: FileKindName, value: Json): string[] {
  const document = readYaml(JSON.stringify(value), 'x.yaml');
  return read[kind](document)
    .filter(({ code, message }) => formCodes.has(code) && !/^The default does not fit|built-in/.test(message))
    .map(({ message }) => message);
}

const formCodes = new Set<ProblemCode | undefined>([
  'unknown_key',
  'missing_key',
  'wrong_type',
  'wrong_value',
  'needs_quotes',
  'unsupported',
]);

/** Has every file that is asked for. */
const everyFile = { get: () => ({ content: new Uint8Array(), mode: 0o755 }), keys: () => [] } as unknown as PackFiles;

const anyAction = { ref: 'p.q', label: '', description: null, parameters: null, output: null, tags: [] };

const read: Record<FileKindName, (document: YamlDocument) => Problem[]> = {
  pack: (document) => readManifest(document).problems,
  action: (document) => readAction(document, everyFile, 'core').problems,
  graph: (document) => parseWorkflow(document, anyAction).problems,
  workflow: (document) => parseWorkflow(document).problems,
  trigger: (document) => readTrigger(document).problems,
  rule: (document) => {
    const { value, problems } = readRule(document, 'p');
    return [...problems, ...parseConditions(value?.conditions ?? null).problems];
  },
  test: (document) => readTests(document).problems,
};

test('a file changed at random is sound for the parser if and only if it is by its schema', () => {
  const disagreements: string[] = [];
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(), fc.nat(), fc.nat(), ({ kind, value }, where, how, what) => {
      const changed = change(plain(value), where, how, what);
      const byParser = problemsOf(kind, changed);
      const bySchema = faults(kind, changed);
      if ((byParser.length === 0) === (bySchema.length === 0)) return;
      disagreements.push(
        `${kind}\n  parser: ${byParser.join('; ')}\n  schema: ${bySchema.slice(0, 3).join('; ')}\n ${JSON.stringify(changed).slice(0, 3000)}`,
      );
    }),
    { numRuns: 700 },
  );
  expect(disagreements.slice(0, 5)).toEqual([]);
}, 120_000);

const values: Json[] = [null, true, 0, 1, 5, -1, 1.5, '', 'x', 'all', 'p.q', '{{ x }}', [], ['x'], {}, { x: 1 }];

/** The value with one thing in it changed: a part replaced, or, in a map, a key taken away, renamed or added. */
function change(value: Json, where: number, how: number, what: number): Json {
  const places = placesIn(value);
  const [container, key] = places[where % places.length] ?? [];
  const other = values[what % values.length] ?? null;
  if (Array.isArray(container)) container[Number(key)] = other;
  else if (container !== undefined && key !== undefined) {
    const before = container[key] ?? null;
    if (how % 4 === 0) Reflect.deleteProperty(container, key);
    else if (how % 4 === 1) container[`${key}x`] = before;
    else container[key] = other;
  }
  return value;
}

/** Every member and element of a value, at any depth. */
const placesIn = (value: Json): [JsonObject | Json[], string][] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, member]): [JsonObject | Json[], string][] => [
        [value, key],
        ...placesIn(member),
      ]);
