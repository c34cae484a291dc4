import atOnce from './at-once.mjs';
import burndown from './burndown.mjs';
import burndownOld from './burndown-old.mjs';
import enqueue from './enqueue.mjs';
import events from './events.mjs';
import idle from './idle.mjs';
import items from './items.mjs';
import latency from './latency.mjs';
import listeners from './listeners.mjs';
import openTransaction from './open-transaction.mjs';
import overhead from './overhead.mjs';
import python from './python.mjs';
import sequence from './sequence.mjs';
import start from './start.mjs';
import webhook from './webhook.mjs';

/** In the order they are played. Each has a name, what it is about, its unit of work, contenders (a subject whose database is prepared once
 *  and copied for each turn, and the turn), and bars: what a figure is to reach, as it is or against another contender's. */
export const cases = [
  burndown,
  burndownOld,
  enqueue,
  latency,
  webhook,
  sequence,
  python,
  atOnce,
  events,
  items,
  listeners,
  overhead,
  start,
  idle,
  openTransaction,
];
