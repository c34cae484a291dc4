import { expect, test } from 'vitest';
import { faultKinds } from './fault.ts';
import { planOf } from './plan.ts';

const plans = Array.from({ length: 200 }, (_, seed) => planOf({ seed, seconds: 10 }));

test('a seed is a plan: the same one each time, another one for another seed', () => {
  expect(planOf({ seed: 7, seconds: 10 })).toEqual(plans[7]);
  expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(plans.length);
});

test('over the seeds every kind of fault and of load occurs', () => {
  const faults = new Set<string>(plans.flatMap((plan) => plan.faults.map(({ kind }) => kind)));
  const operations = plans.flatMap((plan) => plan.operations);
  if (operations.some((one) => 'copies' in one && one.copies > 1)) faults.add('duplicate');
  if (operations.some((one) => one.kind === 'step' && one.mode !== 'ok')) faults.add('poison');
  if (operations.some((one) => one.kind === 'hook' && one.bytes > 10_000_000)) faults.add('payload');
  expect([...faults].sort()).toEqual([...faultKinds].sort());
  expect(new Set(operations.map(({ kind }) => kind)).size).toBe(9);
});

test('only the kinds that were asked for occur', () => {
  const chosen = Array.from({ length: 20 }, (_, seed) => planOf({ seed, seconds: 5, kinds: ['kill', 'clock'] }));
  const kinds = new Set(chosen.flatMap((plan) => plan.faults.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(['clock', 'kill']);
});
