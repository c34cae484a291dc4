import { expect, test } from 'vitest';
import { randomFrom } from './suite/random.ts';
import { playTour } from './suite/play-tour.ts';

/** Names the moments at which the executor is killed; ATTUNE_TEST_SEED sets another. */
const seed = Number(process.env['ATTUNE_TEST_SEED'] ?? '4');
/** Longest life of an executor once it is ready, in milliseconds. */
const longestLife = 700;

let kills = 0;

// The executor is killed again and again, and each time another takes its place.
playTour(
  { api: ['api'], executor: ['executor'], supervisor: ['supervisor'], worker: ['worker'] },
  async (company, isOver) => {
    const random = randomFrom(seed);
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, random() * longestLife)); // the moment is the experiment
      await company.restart('executor');
      kills += 1;
    }
  },
);

test(`the executor was killed meanwhile, at moments named by the seed ${seed}`, () => {
  expect(kills).toBeGreaterThan(2);
});
