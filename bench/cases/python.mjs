import { attune, attuneWarm, cold } from '../attune/site.mjs';
import { attuneSteps } from '../run/steps.mjs';

const one = { lanes: 1, worker: {} };

export default {
  name: 'python',
  about:
    'a workflow of 40 Python tasks of fibo(10), one after another: by warm runners, by a fork for each, and by a cold process for each',
  unit: 'step',
  contenders: {
    warm: attuneSteps(attuneWarm, 'warm.fibos', { ...one, workflows: 10 }),
    forked: attuneSteps(attune, 'bench.fibos', { ...one, workflows: 5 }),
    cold: attuneSteps(attune, 'bench.fibos', { ...one, workflows: 5, worker: cold }),
  },
  bars: [{ figure: 'ms', of: 'warm', better: 'lower', must: 1_200, goal: 120 }],
};
