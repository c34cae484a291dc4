// npm run bench: says with --help what it does.
import { cases } from './cases/index.mjs';
import { ensurePeers } from './run/install.mjs';
import { machineOf } from './run/machine.mjs';
import { readOptions, UsageError, usage } from './options.mjs';
import { openTemplates, play } from './run/play.mjs';
import { markdown, printed } from './run/report.mjs';
import { openServer } from './run/server.mjs';
import { resultOf } from './run/result.mjs';
import { readStored, store } from './run/store.mjs';

async function main() {
  const options = readOptions(
    process.argv.slice(2),
    cases.map(({ name }) => name),
  );
  if (options.help) return console.log(usage(cases));
  const machine = machineOf();
  const stored = await readStored(machine);
  if (options.markdown) return console.log(markdown(stored, cases));

  const started = performance.now();
  const log = (message) => console.error(`${((performance.now() - started) / 1_000).toFixed(0)} s  ${message}`);
  const chosen = cases.filter(({ name }) => options.cases.includes(name));
  const peers = options.attuneOnly ? { noPeers: 'left out by --attune-only' } : await ensurePeers(log);
  if (peers.noPeers !== undefined) log(`Attune is measured alone: ${peers.noPeers}`);

  const server = await openServer();
  const stopping = stopOnSignal(server);
  try {
    const { scale, rounds, openSeconds } = options;
    const sized = (full) => Math.max(2, Math.round(full * scale));
    const bench = { server, log, scale, rounds, openSeconds, sized, stopping, ...peers };
    const templates = openTemplates(bench);
    const setting = { taken_at: new Date().toISOString(), scale, rounds, postgresql: await server.settings() };
    const results = [];
    for (const one of chosen) results.push(resultOf(one, await play(one, bench, templates), setting));
    const report = { machine, results };
    console.log(options.json ? JSON.stringify(report, null, 2) : printed(report, options.compare ? stored : undefined));
    if (options.store) log(`Stored in ${await store(machine, stored, results)}`);
    if (results.some(({ missing }) => Object.values(missing).some((why) => why.startsWith('failed')))) {
      process.exitCode = 1;
    }
  } finally {
    await server.close();
  }
}

/** Stops everything at SIGINT and SIGTERM: the database server is a process of its own that would stay.
 *  @returns a signal that is aborted then: what fails from then on fails because of that */
function stopOnSignal(server) {
  const stopping = new AbortController();
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(name, () => {
      stopping.abort();
      void server.close().finally(() => process.exit(code));
    });
  }
  return stopping.signal;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage(cases)}`);
  process.exitCode = 2;
}
