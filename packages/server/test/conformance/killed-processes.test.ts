import { expect, test } from 'vitest';
import { playTour } from './suite/play-tour.ts';
import { randomFrom, seedOfThisRun } from './suite/random.ts';

/** Milliseconds between two kills. Longer than the longest time limit in the tour, or a worker would never live to see it pass. */
const pause = { least: 200, most: 4_000 };
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
    const names = ['worker_1', 'worker_2', 'executor', 'supervisor'];
    while (!isOver() && killed.length < mostKills) {
      // the moment is the experiment
      await new Promise((resolve) => setTimeout(resolve, pause.least + random() * (pause.most - pause.least)));
      const name = names[Math.floor(random() * names.length)] ?? '';
      await company.restart(name);
      killed.push(name);
    }
  },
});

test(`processes were killed meanwhile, at moments named by the seed ${seedOfThisRun}`, () => {
  expect(killed).toContain('worker_1');
});
