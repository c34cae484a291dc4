import { processorSeconds } from './cpu.mjs';
import { median, processorRatio, random, ratioOf } from './figures.mjs';
import { forms, procedures } from './life.mjs';
import { connect } from './server.mjs';

const clientCount = 4;
/** Tasks are made in so many of the youngest workflows, as in a system that runs. */
const activeWorkflows = 1000;

const steps = ['insert', 'start', 'finish'];

/** A round of a layout is so many turns: whoever else uses the machine hits every layout alike. */
const turnsPerRound = 5;

/** Measures the life of tasks on every layout, four clients, turns interleaved, each statement a commit that waits for the disk.
 *  @param urls databases by layout
 *  @param scale 1 for the full number of tasks in a round; less for a short run */
export async function measureWrites(urls, { rows, rounds }, scale, log) {
  const layouts = Object.keys(urls);
  const clients = Object.fromEntries(layouts.map((layout) => [layout, []]));
  try {
    for (const layout of layouts) {
      for (let i = 0; i < clientCount; i++) clients[layout].push(await connect(urls[layout]));
    }
    const report = [];
    for (const [name, form] of Object.entries(forms)) {
      for (const layout of layouts) await clients[layout][0].query(procedures(layout, form));
      const statements = Math.ceil((form.tasks * scale) / form.perStatement / clientCount / turnsPerRound);
      const workload = { workflows: rows / 20, next: random(2), perStatement: form.perStatement, statements };
      await clients.one[0].query('checkpoint');
      // after a checkpoint the first change of a page logs all of it: not what one more task costs
      await round(clients, workload);
      const told = [];
      for (let i = 0; i < rounds; i++) told.push(await round(clients, workload));
      report.push(summary(name, layouts, told));
      log(`written: ${name}`);
    }
    return report;
  } finally {
    await Promise.all(
      Object.values(clients)
        .flat()
        .map((client) => client.end()),
    );
  }
}

/** One round: for each layout and step the tasks per second, the server's processor time and the bytes of log per task. */
async function round(clients, workload) {
  const sums = Object.fromEntries(
    Object.keys(clients).map((layout) => [layout, steps.map(() => ({ tasks: 0, seconds: 0, processor: 0, bytes: 0 }))]),
  );
  for (let turn = 0; turn < turnsPerRound; turn++) {
    for (const [layout, own] of Object.entries(clients)) {
      const lived = await live(own, workload);
      lived.forEach((figures, step) => {
        for (const [name, value] of Object.entries(figures)) sums[layout][step][name] += value;
      });
    }
  }
  return Object.fromEntries(
    Object.entries(sums).map(([layout, list]) => [
      layout,
      Object.fromEntries(
        list.map(({ tasks, seconds, processor, bytes }, step) => [
          steps[step],
          {
            tasksPerSecond: tasks / seconds,
            processorMicroseconds: (processor / tasks) * 1e6,
            walBytes: bytes / tasks,
          },
        ]),
      ),
    ]),
  );
}

/** One turn of one layout: tasks are made, started, finished. */
async function live(clients, { workflows, next, perStatement, statements }) {
  const youngest = () => workflows - Math.floor(next() * Math.min(activeWorkflows, workflows));
  let ids = clients.map(() => Array.from({ length: statements * perStatement }, youngest));
  const figures = [];
  for (const step of steps) {
    const before = (await clients[0].query('select pg_current_wal_insert_lsn() as lsn')).rows[0].lsn;
    const spent = processorSeconds(clients);
    const started = performance.now();
    const answers = await Promise.all(
      clients.map((client, at) => client.query(`call bench.${step}($1::bigint[], $2)`, [ids[at], perStatement])),
    );
    const seconds = (performance.now() - started) / 1000;
    const processor = processorSeconds(clients) - spent;
    const since = 'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::float8 as bytes';
    const { bytes } = (await clients[0].query(since, [before])).rows[0];
    if (step === 'insert') ids = answers.map(({ rows }) => rows[0].ids);
    figures.push({ tasks: clients.length * statements * perStatement, seconds, processor, bytes });
  }
  return figures;
}

/** Medians of the rounds, and the one table's ratios to each other layout. */
function summary(form, layouts, rounds) {
  const values = (layout, step, figure) => rounds.map((round) => round[layout][step][figure]);
  const lives = (layout) =>
    rounds.map((round) => Object.values(round[layout]).reduce((sum, { walBytes }) => sum + walBytes, 0));
  const medians = (figure) => Object.fromEntries(layouts.map((layout) => [layout, median(figure(layout))]));
  const ratios = (figure, bar) =>
    layouts
      .filter((layout) => layout !== 'one')
      .map((layout) => ({ against: layout, ...ratioOf(figure('one'), figure(layout)), bar }));
  return {
    form,
    steps: steps.map((step) => {
      const perSecond = (layout) => values(layout, step, 'tasksPerSecond');
      const processor = (layout) => values(layout, step, 'processorMicroseconds');
      return {
        step,
        tasksPerSecond: medians(perSecond),
        processorMicroseconds: medians(processor),
        walBytes: medians((layout) => values(layout, step, 'walBytes')),
        ratios: ratios(perSecond, step === 'insert' ? 1.3 : 1).map((ratio) => ({
          ...ratio,
          // as throughputs are divided: the other way round
          processorRatio: processorRatio(processor(ratio.against), processor('one')),
        })),
      };
    }),
    walBytesPerLife: medians(lives),
    walRatios: ratios(lives, 1.15),
  };
}
