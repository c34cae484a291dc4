import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.ts';
import { faultKinds, type Fault } from './fault.ts';
import type { Operation } from './operation.ts';
import { inject } from './inject.ts';
import { play } from './play.ts';
import { postgresOfItsOwn, type Postgres } from './postgres.ts';
import { planOf } from './plan.ts';
import { prove } from './prove.ts';

// The short form of `npm run test:faults`, see docs/fault-tests.md.

let postgres: Postgres;

beforeAll(async () => {
  postgres = await postgresOfItsOwn();
});
afterAll(() => postgres[Symbol.asyncDispose]());

test('every check objects to what it is there for, and to nothing in a sound run', async () => {
  expect(await prove(postgres)).toEqual([]);
}, 120_000);

/** One of each kind, in three seconds. */
const faults: Fault[] = [
  { at: 200, kind: 'slow_consumer', connections: 2 },
  { at: 300, kind: 'drop', process: 'executor_1' },
  { at: 500, kind: 'kill', process: 'worker_1', down_ms: 0 },
  { at: 700, kind: 'freeze', process: 'executor_2', for_ms: 500 },
  { at: 900, kind: 'half_open', process: 'worker_2', for_ms: 400, then: 'reset' },
  { at: 1_100, kind: 'break_point', process: 'executor_1', point: 'transaction.decided', nth: 3, action: 'kill' },
  { at: 1_300, kind: 'clock', seconds: 30 },
  { at: 1_500, kind: 'file_limit', process: 'worker_3', kilobytes: 64 },
  { at: 2_000, kind: 'postgres' },
  { at: 2_800, kind: 'drain', process: 'worker_2' },
];

const big: Operation = { at: 0, key: 'big', kind: 'hook', bytes: 10_000_000, copies: 2, apart_ms: 10 };
const poison: Operation = {
  at: 0,
  key: 'bad',
  kind: 'step',
  action: 'step',
  mode: 'signal',
  ms: 0,
  copies: 1,
  apart_ms: 0,
};

test('one fault of each kind loses, doubles and leaves nothing', async () => {
  // more than is begun: work goes on until the last fault has had its effect
  const { operations } = planOf({ seed: 1, seconds: 60, kinds: ['duplicate'], rate: 5 });
  const { violations, evidence } = await play(postgres, {
    operations: [...operations, big, poison],
    async disturb(world) {
      const injection = inject(world, faults);
      await injection.done;
      await until('a process died at its break point', () => world.company.deaths() > 0);
      return injection.effects;
    },
  });
  expect(violations).toEqual([]);
  expect(Object.keys(evidence.faults).sort()).toEqual([...faultKinds].sort());
}, 240_000);
