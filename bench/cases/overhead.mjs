import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writePacks } from '../attune/pack.mjs';
import { attune, attuneWarm, cold, withSite } from '../attune/site.mjs';
import { idleGap, warmUp } from '../run/idle.mjs';
import { median } from '../run/statistics.mjs';
import { findPython, spawned } from '../run/spawned.mjs';

/** Milliseconds for warming up. */
const warmUpMs = 5_000;

/** How often an action is run, and what passes between two of them. */
const paces = {
  /** A process that is started ahead and used once has its successor then. */
  process: { count: 50, gap: () => pause(100) },
  /** The next call is asked for when the one before was seen to have ended. */
  call: { count: 500, gap: () => undefined },
  /** All that has a part in a call sleeps when it is asked for. */
  idleCall: { count: 500, gap: idleGap },
};

async function takenBy(bench, { count, gap }, run) {
  await warmUp(bench, run, warmUpMs);
  const taken = [];
  for (let n = 0; n < bench.sized(count); n++) {
    await gap();
    taken.push(await run());
  }
  return taken;
}

/** The same programs with nothing around them. */
async function bare({ bench }) {
  const { bench: folder } = await writePacks(path.join(bench.server.home, 'bare'));
  const figure = async (program, file) =>
    median(await takenBy(bench, paces.process, () => spawned(program, [path.join(folder, 'actions', file)])));
  const python = await findPython();
  const figures = {
    shell_ms: await figure('/bin/sh', 'shell.sh'),
    node_ms: await figure(process.execPath, 'node.mjs'),
  };
  if (python !== undefined) figures.python_ms = await figure(python, 'python.py');
  return { figures };
}

/** An action as its row tells it: from `started_at`, when its claim begins, to `completed_at`, when the transaction begins that ends it; of
 *  warm runners from before it is asked for, and beside it, as `claim_`, from there as well.
 *  @param actions refs by figure */
const byAttune = (subject, actions, { from, pace, worker = {} }) => ({
  subject,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      await site.start(['executor']);
      await site.start(['worker'], worker);
      const host = await site.host();
      const figures = {};
      for (const [figure, action_ref] of Object.entries(actions)) {
        const taken = await takenBy(bench, pace, async () => {
          const { asked, id } = await host.call('request', { action_ref });
          const { started, completed } = await site.endings.of(id);
          return { asked: completed - asked, claim: completed - started };
        });
        figures[figure] = median(taken.map((one) => one[from]));
        if (from === 'asked') figures[`claim_${figure}`] = median(taken.map((one) => one.claim));
      }
      return { figures };
    }),
});

const processes = { shell_ms: 'bench.shell', python_ms: 'bench.python', node_ms: 'bench.node' };
const functions = { python_ms: 'warm.python', node_ms: 'warm.node', builtin_ms: 'core.noop' };
const bar = (of, figure) => ({ figure, of, against: 'bare', better: 'lower', must: 2, goal: 1.25 });

export default {
  name: 'overhead',
  about:
    'an action that does nothing: as Attune starts it (Python forked, Node started ahead) and cold, against the same program with nothing around it; and a call of a warm runner with all state writes, one after the other and on an idle system',
  unit: 'execution',
  contenders: {
    bare: { turn: bare },
    attune: byAttune(attune, processes, { from: 'claim', pace: paces.process }),
    'attune cold': byAttune(attune, processes, { from: 'claim', pace: paces.process, worker: cold }),
    'attune warm': byAttune(attuneWarm, functions, { from: 'asked', pace: paces.call }),
    'attune warm, idle': byAttune(attuneWarm, functions, { from: 'asked', pace: paces.idleCall }),
  },
  bars: [
    bar('attune', 'shell_ms'),
    bar('attune cold', 'python_ms'),
    ...['attune warm', 'attune warm, idle'].map((of) => ({
      figure: 'python_ms',
      of,
      better: 'lower',
      must: 3,
      goal: 1,
    })),
  ],
};
