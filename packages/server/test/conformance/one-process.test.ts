import { playTour } from './suite/play-tour.ts';

// Everything in one process, as on a laptop.
playTour({ cast: { all: ['api', 'executor', 'worker', 'notifier', 'supervisor'] } });
