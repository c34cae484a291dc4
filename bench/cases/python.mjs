import { attune, attuneWarm } from '../attune/site.mjs';
import { attuneSteps } from '../run/steps.mjs';

const worker = {};

export default {
  name: 'python',
  about: 'a workflow of 40 Python tasks of fibo(10), one after another: by warm runners, and by a process for each',
  unit: 'step',
  contenders: {
    warm: attuneSteps(attuneWarm, 'warm.fibos', { workflows: 10, lanes: 1, worker }),
    'a process each': attuneSteps(attune, 'bench.fibos', { workflows: 5, lanes: 1, worker }),
  },
  bars: [{ figure: 'ms', of: 'warm', better: 'lower', must: 1_200, goal: 120 }],
};
