import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../json.ts';
import { validate, type FlatSchema } from '../../schema/flat-schema.ts';
import { randomFrom } from './random-number.ts';
import { randomOutput } from './random-value.ts';
import { randomResults } from './random.ts';
import { actionOf, jsonOf, orderOf, simulated } from './support.test-support.ts';

const loop = 'run-report.yaml';
const output: FlatSchema = { status: { type: 'string', enum: ['queued', 'busy', 'done'] } };
const known = [
  actionOf('tests.job_status', { output }),
  actionOf('tests.submit_job', { output: { job_id: { type: 'integer', minimum: 1 } } }),
];
const seeded = (seed: number) => simulated(loop, { parameters: { query: 'q' }, source: randomResults(seed), known });

test('the same seed plays the same run, another one another', () => {
  expect(jsonOf(seeded(7))).toEqual(jsonOf(seeded(7)));
  const orders = new Set(Array.from({ length: 12 }, (_, seed) => orderOf(seeded(seed)).join('\n')));
  expect(orders.size).toBeGreaterThan(8);
});

test('seeds come to every outcome, and outputs are drawn from the schema', () => {
  const ends = Array.from({ length: 40 }, (_, seed) => seeded(seed)).flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'decided' && step.ended !== null ? [step.ended] : [])),
  );
  expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(
    new Set(['succeeded', 'failed', 'timed_out', 'abandoned']),
  );
  expect(ends.every(({ from }) => from === 'random')).toBe(true);
  const statuses = ends.flatMap(({ task, result }) =>
    task === 'probe' ? [((result as JsonObject)['data'] as JsonObject | undefined)?.['status']] : [],
  );
  expect(new Set(statuses.filter((status) => status !== undefined))).toEqual(new Set(['queued', 'busy', 'done']));
});

const schemas: FlatSchema = {
  count: { type: 'integer', minimum: 3, maximum: 5 },
  above: { type: 'integer', exclusiveMinimum: 10 },
  share: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  even: { type: 'integer', multipleOf: 2 },
  word: { type: 'string', minLength: 12, maxLength: 14 },
  short: { type: 'string', maxLength: 2 },
  fixed: { const: { a: 1 } },
  some: { type: ['string', 'null'] },
  list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'boolean' } },
  deep: { type: 'object', properties: { at: { type: 'string', format: 'date-time', required: true } } },
  either: { anyOf: [{ type: 'integer' }, { type: 'object', properties: { n: { type: 'integer' } } }] },
  ...Object.fromEntries(
    [
      'date',
      'time',
      'date-time',
      'duration',
      'email',
      'hostname',
      'ipv4',
      'ipv6',
      'uri',
      'uri-reference',
      'uuid',
      'json-pointer',
    ].map((format) => [format, { type: 'string', format }]),
  ),
};

test('random outputs fit their schema, whatever the seed', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      expect(validate(schemas, randomOutput(schemas, randomFrom(seed)))).toEqual([]);
    }),
  );
});
