import { attune } from '../attune/site.mjs';
import { dbos, floor } from '../peers/index.mjs';
import { attuneSteps, peerSteps } from '../run/steps.mjs';

const plan = { workflows: 30, lanes: 1 };
const bar = (against, must, goal) => ({ figure: 'ms', of: 'attune', against, better: 'lower', must, goal });

export default {
  name: 'sequence',
  about: 'a workflow of 40 tasks of core.noop, one after another, from before it is asked for until it has ended',
  unit: 'step',
  contenders: {
    attune: attuneSteps(attune, 'bench.sequence', plan),
    dbos: peerSteps(dbos, plan),
    'floor, one commit': peerSteps(floor, { ...plan, commits: 1 }),
    'floor, three commits': peerSteps(floor, { ...plan, commits: 3 }),
  },
  bars: [bar('dbos', 0.5, 0.22), bar('floor, one commit', 4, 1.5)],
};
