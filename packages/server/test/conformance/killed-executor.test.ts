import { expect, test } from 'vitest';
import { playTour } from './suite/play-tour.ts';
import { randomFrom, seedOfThisRun } from './suite/random.ts';

/** Longest life of an executor once it is ready, in milliseconds. */
const longestLife = 1_000;
/** After so many kills the runs are left in peace, to come to their end. */
const mostKills = 8;

let kills = 0;

// The executor is killed again and again, and each time another takes its place.
playTour({
  cast: { api: ['api'], executor: ['executor'], supervisor: ['supervisor'], worker: ['worker'] },
  async disturb(company, isOver) {
    const random = randomFrom(seedOfThisRun);
    while (!isOver() && kills < mostKills) {
      await new Promise((resolve) => setTimeout(resolve, random() * longestLife)); // the moment is the experiment
      await company.restart('executor');
      kills += 1;
    }
  },
});

test(`the executor was killed meanwhile, at moments named by the seed ${seedOfThisRun}`, () => {
  expect(kills).toBeGreaterThan(2);
});
