import { attune } from '../attune/site.mjs';
import { dbos, floor, graphileWorker, pgBoss } from '../peers/index.mjs';
import { attuneBurnDown, peerBurnDown } from '../run/burn-down.mjs';

const count = 20_000;
const bar = (against, must, goal) => ({ figure: 'per_second', of: 'attune', against, better: 'higher', must, goal });

export default {
  name: 'burndown',
  about: '20,000 executions of core.noop wait; one worker process drains them',
  unit: 'execution',
  contenders: {
    attune: attuneBurnDown(attune, { count }),
    'attune default': attuneBurnDown(attune, { count, worker: {} }),
    'graphile-worker best': peerBurnDown(graphileWorker, 'best', { count }),
    'graphile-worker default': peerBurnDown(graphileWorker, 'plain', { count }),
    'pg-boss best': peerBurnDown(pgBoss, 'best', { count }),
    dbos: peerBurnDown(dbos, 'best', { count, batch: 1, callers: 20 }),
    floor: peerBurnDown(floor, 'best', { count }),
  },
  bars: [
    bar('graphile-worker best', 0.4, 1),
    bar('graphile-worker default', 4, 12),
    bar('pg-boss best', 0.7, 1.7),
    bar('dbos', 8, 15),
  ],
};
