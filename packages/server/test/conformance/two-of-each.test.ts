import { playTour } from './suite/play-tour.ts';

// Every service in a process of its own, and two executors and two workers that share the work.
playTour({
  cast: {
    api: ['api'],
    supervisor: ['supervisor'],
    executor_1: ['executor'],
    executor_2: ['executor'],
    worker_1: ['worker'],
    worker_2: ['worker'],
  },
});
