import { expect, test } from 'vitest';
import fc from 'fast-check';
import { Validator, type Schema } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../json.ts';
import { formatProblem } from '../errors.ts';
import { readYaml } from '../yaml/document.ts';
import { checkShape } from '../yaml/shape.ts';
import { checkFlatSchema, fillDefaults, flatSchema, validate, type FlatSchema } from './flat-schema.ts';

const schema: FlatSchema = {
  url: { type: 'string', required: true, format: 'uri', pattern: '^https?://' },
  method: { type: 'string', enum: ['GET', 'POST'], default: 'GET' },
  count: { type: 'integer', minimum: 1, maximum: 10 },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
  hosts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string', required: true } } } },
  token: { type: 'string', secret: true, minLength: 20 },
  seconds: { type: 'integer', required: true, default: 1 },
  note: { type: ['string', 'null'] },
};
const problemsOf = (value: Json, options = {}) =>
  validate(schema, value, options).map((p) => `${p.pointer}: ${p.message}`);

test('sound parameters pass, a default counts as given, null as not given', () => {
  expect(problemsOf({ url: 'https://example.org', count: null, note: null })).toEqual([]);
});

test('each problem names the parameter, what was expected and what was given', () => {
  expect(
    problemsOf({
      method: 'PUT',
      count: '5',
      headers: { accept: 5 },
      hosts: [{ name: 'a' }, {}, 7],
      token: 'hunter2',
      cuont: 5,
    }),
  ).toEqual([
    '/url: "url" is missing; it must be a string',
    '/method: "method" must be one of "GET", "POST", not the text "PUT"',
    '/count: "count" must be an integer, not the text "5"',
    '/headers/accept: "headers.accept" must be a string, not the number 5',
    '/hosts/1/name: "hosts[1].name" is missing; it must be a string',
    '/hosts/2: "hosts[2]" must be an object, not the number 7',
    '/token: "token" must have at least 20 characters, not 7',
    '/cuont: "cuont" is not a known name. Did you mean "count"?',
  ]);
  expect(problemsOf([])).toEqual([': Parameters must be an object, not a list']);
});

test('a secret never stands in a message', () => {
  expect(JSON.stringify(validate({ pin: { type: 'integer', secret: true } }, { pin: 'hunter2' }))).not.toContain(
    'hunter2',
  );
  const nested = { login: { type: 'object', secret: true, properties: { pin: { enum: [1, 2] } } } };
  expect(JSON.stringify(validate(nested, { login: { pin: 'hunter2' } }))).not.toContain('hunter2');
});

test('names that objects have by nature are neither given nor known', () => {
  expect(validate({ constructor: { required: true } }, {})).toHaveLength(1);
  expect(validate({}, { toString: 1 })).toHaveLength(1);
});

test('unknown names are allowed on request, and everything without a schema', () => {
  expect(validate({}, { a: 1 }, { unknown: 'allow' })).toEqual([]);
  expect(validate(null, { a: 1 })).toEqual([]);
});

test('a template fits everywhere, and nothing beside it is let through', () => {
  const value = {
    url: '{{ event.payload.url }}',
    count: '{{ 1 + 1 }}',
    method: 'x{{ a }}',
    hosts: ['{{ b }}'],
    headers: { a: 5 },
  };
  expect(problemsOf(value, { templates: true })).toEqual([
    '/headers/a: "headers.a" must be a string, not the number 5',
  ]);
  expect(
    validate({ a: { oneOf: [{ type: 'integer' }, { type: 'string' }] } }, { a: '{{ x }}' }, { templates: true }),
  ).toEqual([]);
  expect(validate({ a: { enum: [[1], [2]] } }, { a: ['{{ x }}'] }, { templates: true })).toEqual([]);
});

test('large integers are compared exactly', () => {
  const big: FlatSchema = { id: { type: 'integer', maximum: 9007199254740993n, multipleOf: 3 } };
  expect(validate(big, { id: 9007199254740993n })).toEqual([]);
  expect(validate(big, { id: 9007199254740996n })).toHaveLength(1);
  expect(validate({ x: { multipleOf: 0.1 } }, { x: 0.3 })).toEqual([]);
});

test('a pattern that would ruin a backtracking engine takes no time', () => {
  const bad: FlatSchema = { x: { type: 'string', pattern: '^(a+)+$' } };
  expect(checkFlatSchema(bad)).toEqual([]);
  expect(validate(bad, { x: `${'a'.repeat(50_000)}!` })).toHaveLength(1);
  expect(checkFlatSchema({ x: { pattern: `(${'ab'.repeat(400)}){1000}` } })).toHaveLength(1);
});

test('defaults take the places of missing and null ones, a bare null is left out', () => {
  expect(fillDefaults(schema, { url: 'x', method: null, count: null, note: null, more: 1 })).toEqual({
    url: 'x',
    method: 'GET',
    note: null,
    more: 1,
    seconds: 1,
  });
});

test('everything wrong with a schema is told with its place', () => {
  const yaml = `
a: { tpye: string }
b: { type: strin }
c: { type: string, pattern: "(?=x)" }
d: { type: integer, default: "5", minimum: x }
e: { type: integer, default: 50, maximum: 10 }
f: string
g: { type: array, items: { type: object, properties: { h: { requird: true } } } }
i: { $ref: "#/x" }
j: { type: string, required: [a] }
`;
  const { value, problems } = checkShape(readYaml(yaml, 's.yaml'), flatSchema);
  expect(problems.map(formatProblem).map((text) => text.replace(/as RE2 knows it: .*/, 'as RE2 knows it'))).toEqual([
    's.yaml:2:6: Unknown keyword "tpye". Did you mean "type"?',
    's.yaml:3:12: "type" must be one of string, integer, number, boolean, array, object, null, not the text "strin". Did you mean "string"?',
    's.yaml:4:29: "pattern" must be a regular expression as RE2 knows it',
    's.yaml:5:44: "minimum" must be a number, not the text "x"',
    's.yaml:6:30: The default does not fit its own definition: The value must be at most 10, not the number 50',
    's.yaml:7:4: A definition must be a map such as { type: string }, not the text "string"',
    's.yaml:8:61: Unknown keyword "requird". Did you mean "required"?',
    's.yaml:9:6: "$ref" is not supported: write the schema out',
    's.yaml:10:30: "required" must be true or false here',
  ]);
  expect(Object.keys(value ?? {})).toEqual(['j']);
});

test('an object schema of older packs becomes flat', () => {
  const old = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['a'] };
  const { value, problems } = checkShape(readYaml(JSON.stringify(old), 's.yaml'), flatSchema);
  expect(problems).toEqual([]);
  expect(value).toEqual({ a: { type: 'string', required: true }, b: { type: 'integer' } });
  expect(checkFlatSchema({ ...old, oneOf: [] })).toHaveLength(1);
});

test('agrees with another validator on schemas and values made at random', () => {
  const scalar = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom('', 'a', 'ab', 'abc', 1.5, true, false, null),
  );
  const collectionOf = (member: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
    fc.oneof(
      fc.array(member, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), member, { maxKeys: 3, noNullPrototype: true }),
    );
  const value = fc.oneof(scalar, collectionOf(fc.oneof(scalar, collectionOf(scalar))));
  const small = fc.integer({ min: 0, max: 3 });
  const plain = {
    type: fc.constantFrom<Json>('string', 'integer', 'number', 'boolean', 'array', 'object', ['string', 'null']),
    // No collections: the other takes [] and {} for the same.
    enum: fc.array(scalar, { minLength: 1, maxLength: 3 }),
    minimum: small,
    exclusiveMaximum: small,
    minLength: small,
    maxLength: small,
    pattern: fc.constantFrom('^a', 'b$', 'c'),
    minItems: small,
    maxItems: small,
    // Not uniqueItems, for the same reason.
    required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    propertyNames: fc.constantFrom<Json>({ enum: ['a', 'b'] }, { minLength: 1 }),
    minProperties: small,
    maxProperties: small,
  };
  const nesting = (inner: fc.Arbitrary<JsonObject>) => ({
    items: inner,
    prefixItems: fc.array(inner, { minLength: 1, maxLength: 2 }),
    contains: inner,
    properties: fc.dictionary(fc.constantFrom('a', 'b'), inner, { noNullPrototype: true }),
    additionalProperties: fc.oneof(fc.boolean(), inner),
    anyOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    oneOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    not: inner,
    if: inner,
    then: inner,
    else: inner,
  });
  /** Few keywords at a time: with many, nothing fits and nothing is learnt. */
  const schemaOf = (table: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> =>
    fc
      .uniqueArray(fc.constantFrom(...Object.keys(table)), { maxLength: 3 })
      .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, table[name] ?? scalar]))));
  const leaf = schemaOf(plain);
  const definition = schemaOf({ ...plain, ...nesting(schemaOf({ ...plain, ...nesting(leaf) })) });
  let fitting = 0;
  fc.assert(
    fc.property(definition, value, (rule, given) => {
      const ours = validate({ x: rule }, { x: [given] }).length === 0;
      const theirs = new Validator({ properties: { x: rule } } satisfies Schema, '2020-12', false).validate({
        x: [given],
      });
      if (ours) fitting += 1;
      expect(ours).toBe(theirs.valid);
    }),
    { numRuns: 3000 },
  );
  expect(fitting).toBeGreaterThan(500);
});

test('a value that a secret may stand in is in no message, wherever in its schema the mark is', () => {
  const marked: FlatSchema = {
    hosts: { type: 'array', items: { type: 'object', properties: { name: { maxLength: 3 }, key: { secret: true } } } },
    either: { oneOf: [{ type: 'integer' }, { type: 'object', properties: { key: { secret: true } } }] },
    login: { type: 'object', properties: { user: { type: 'string' }, pin: { secret: true, type: 'string' } } },
  };
  const problems = validate(marked, {
    hosts: [{ name: 'canary' }, 'canary'],
    either: 'canary',
    login: { user: 4711, pin: ['canary'] },
  });
  expect(problems.length).toBeGreaterThan(4);
  expect(JSON.stringify(problems)).not.toContain('canary');
  expect(JSON.stringify(problems)).toContain('4711');
});
