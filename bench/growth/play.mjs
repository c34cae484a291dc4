// node play.mjs SERVER_URL SCENARIO SCALE: plays one scenario and prints what it took as JSON.
import { migrate, openDatabase, sql } from '@attune/db';
import { claim, finish, registerPack, requestExecution } from '@attune/engine';
import { processorMilliseconds } from './processor.mjs';
import { scenarios } from './scenarios.mjs';
import { withDatabase } from './server.mjs';

const [serverUrl, name, scaleText] = process.argv.slice(2);
const scenario = scenarios[name];
const scale = Number(scaleText);

const bytes = (text) => ({ content: new TextEncoder().encode(text), mode: 0o644 });

async function register(db, flows) {
  const files = new Map([
    ['pack.yaml', bytes('ref: growth\nversion: 1.0.0\n')],
    ['actions/do.yaml', bytes('ref: growth.do\nentry_point: do.sh\n')],
    ['actions/do.sh', bytes('true\n')],
  ]);
  for (const [flow, graph] of Object.entries(flows)) {
    files.set(`actions/${flow}.yaml`, bytes(`ref: growth.${flow}\nworkflow_file: workflows/${flow}.workflow.yaml\n`));
    files.set(`actions/workflows/${flow}.workflow.yaml`, bytes(graph));
  }
  await registerPack(db, { files, source_path: null, force: true }, { seal: (text) => text, open: (text) => text });
}

/** Does what a worker does, without processes: claims what is due, and reports made-up results. One connection, one after another, so
 *  that no report waits for another one.
 *  @returns of each report, with all that follows from it in its transaction, in their order: milliseconds by the clock, and of the
 *  processor, this process's and the server's */
async function drive(db, worker, atOnce) {
  const { pid } = await db.one(sql`select pg_backend_pid() as pid`);
  const clock = [];
  const processor = [];
  let claiming = 0;
  let peak = 0;
  for (;;) {
    const before = performance.now();
    const claimed = await claim(db, { worker, runtimes: ['shell'], limit: atOnce });
    claiming += performance.now() - before;
    if (claimed.length === 0) return { clock, processor, claiming, peak };
    for (const { id, lease_token } of claimed) {
      const outcome = { kind: 'succeeded', result: { succeeded: true, exit_code: 0, data: { n: clock.length } } };
      const spent = processorMilliseconds(pid);
      const start = performance.now();
      await finish(db, { execution: id, lease_token, outcome });
      clock.push(performance.now() - start);
      processor.push(processorMilliseconds(pid) - spent);
    }
    peak = Math.max(peak, process.memoryUsage.rss());
  }
}

async function play(url) {
  await migrate(url);
  const db = openDatabase(url, { max: 1, avoidScans: true }); // as services have it
  try {
    const { id: worker } = await db.one(
      sql`insert into worker (name, worker_type, status) values ('growth', 'local', 'active') returning id`,
    );
    // the same code on other rows: what is measured is not how a process gets going
    await register(db, scenarios.sequential.flows(0.1));
    await start(db, {});
    await drive(db, worker, 1);
    await register(db, scenario.flows(scale));
    const before = performance.now();
    const run = await start(db, scenario.parameters?.(scale) ?? {});
    const starting = performance.now() - before;
    const result = await drive(db, worker, scenario.atOnce);
    const { status } = await db.one(sql`select status from execution where id = ${run}`);
    if (status !== 'completed') throw new Error(`The run ended ${status}`);
    const sizes = await db.one(sql`
      select pg_total_relation_size('attune.execution') as execution, pg_total_relation_size('attune.workflow_step') as step`);
    return { ...result, starting, sizes };
  } finally {
    await db.close();
  }
}

const start = async (db, parameters) =>
  (await db.transaction((tx) => requestExecution(tx, { action_ref: 'growth.main', parameters, executor: null }))).id;

const { clock, processor, claiming, starting, peak, sizes } = await withDatabase(serverUrl, play);
const tenth = Math.max(1, Math.floor(clock.length / 10));
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
const part = (from, to) => ({
  median_ms: median(clock.slice(from, to)),
  processor_ms: mean(processor.slice(from, to)),
});
console.log(
  JSON.stringify({
    name,
    title: scenario.title(scale),
    transitions: clock.length,
    first: part(0, tenth),
    last: part(clock.length - tenth, clock.length),
    longest_ms: Math.max(...clock),
    total_seconds: (mean(clock) * clock.length) / 1000,
    claim_ms: claiming / clock.length,
    start_ms: starting,
    peak_memory_bytes: peak,
    bytes_per_transition: Object.fromEntries(
      Object.entries(sizes).map(([table, size]) => [table, Math.round(Number(size) / clock.length)]),
    ),
  }),
);
