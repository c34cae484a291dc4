import { expect, test } from 'vitest';
import { playTour } from './suite/play-tour.ts';
import { randomFrom, seedOfThisRun } from './suite/random.ts';

/** Most milliseconds between two kills. */
const longestPeace = 1_000;
/** After so many kills the runs are left in peace, to come to their end. */
const mostKills = 8;

const killed: string[] = [];

// Any process but the API is killed: whoever decides and records at that moment dies in the middle of it.
playTour({
  losesWorkers: true,
  cast: {
    api: ['api'],
    executor: ['executor'],
    supervisor: ['supervisor'],
    worker_1: ['worker'],
    worker_2: ['worker'],
  },
  async disturb(company, isOver) {
    const random = randomFrom(seedOfThisRun);
    // in turn, so that each worker lives long enough between two kills to see a time limit pass
    const names = ['worker_1', 'executor', 'worker_2', 'supervisor'];
    while (!isOver() && killed.length < mostKills) {
      await new Promise((resolve) => setTimeout(resolve, random() * longestPeace)); // the moment is the experiment
      const name = names[killed.length % names.length] ?? '';
      await company.restart(name);
      killed.push(name);
    }
  },
});

test(`processes were killed meanwhile, at moments named by the seed ${seedOfThisRun}`, () => {
  expect(killed).toEqual(expect.arrayContaining(['worker_1', 'executor', 'worker_2']));
});
