import { attune } from '../attune/site.mjs';
import { dbos, floor } from '../peers/index.mjs';
import { attuneSteps, peerSteps } from '../run/steps.mjs';

const plan = { workflows: 160, lanes: 16 };

export default {
  name: 'at-once',
  about: '16 workflows of 40 tasks of core.noop at once, 160 in all',
  unit: 'step',
  contenders: {
    attune: attuneSteps(attune, 'bench.sequence', plan),
    dbos: peerSteps(dbos, plan),
    floor: peerSteps(floor, { ...plan, commits: 1 }),
  },
  bars: [{ figure: 'steps_per_second', of: 'attune', against: 'dbos', better: 'higher', must: 2, goal: 5 }],
};
