// npm run bench:layout: says with --help what it does.
import { availableParallelism } from 'node:os';
import { explainQueries } from './explain.mjs';
import { someWorkflows } from './figures.mjs';
import { buildOne, buildTwo, layouts, sizes } from './layouts.mjs';
import { readOptions, UsageError, usage } from './options.mjs';
import { measureMigration } from './migration.mjs';
import { measureReads } from './reads.mjs';
import { printed } from './report.mjs';
import { settingsToCompare, withClient, withClients, withDatabases, withServer } from './server.mjs';
import { measureWrites } from './writes.mjs';

/** Workflows that are asked for: few enough that all they touch stays in memory once it was read. */
const asked = 1000;
/** Below this many rows the turns are shorter: such a run shows that it works, not how fast. */
const fullRows = 100_000;
const gin = 'create index execution_workflow_gin on attune.execution using gin (workflow_task)';

async function compare(server, urls, options, log) {
  const scale = Math.min(1, options.rows / fullRows);
  await Promise.all([buildOne(server, urls, options, log), buildTwo(server, urls, options, log)]);
  const report = await withClients(urls, async (clients) => ({
    setting: await settingOf(clients.one, options),
    reads: await measureReads(clients, someWorkflows(asked, options.rows / 20), options.rounds, scale, log),
    sizes: Object.fromEntries(
      await Promise.all(Object.entries(clients).map(async ([layout, client]) => [layout, await sizes(client)])),
    ),
  }));
  report.writes = await measureWrites(urls, options, scale, log);
  if (options.gin) {
    await withClient(urls.one, (client) => client.query(gin));
    report.gin = {
      sizes: (await withClient(urls.one, sizes)).filter(({ name }) => name.endsWith('_gin')),
      writes: await measureWrites(urls, options, scale, log),
    };
  }
  return report;
}

async function explain(server, urls, options, log) {
  await buildOne(server, urls, options, log);
  return withClient(urls.one, async (client) => ({
    setting: await settingOf(client, options),
    explained: await explainQueries(client, someWorkflows(20, options.rows / 20)),
  }));
}

/** On a server with PostgreSQL's own settings, as most have them. */
async function consolidate(server, urls, options, log) {
  const migration = await measureMigration(server, urls.two, options, log);
  return { setting: await withClient(server, (client) => settingOf(client, options)), migration };
}

async function settingOf(client, { rows, rounds, stage }) {
  const { rows: found } = await client.query('show server_version');
  return {
    plain_executions: rows,
    task_executions: rows,
    workflows: rows / 20,
    rounds,
    stage,
    postgresql: found[0].server_version,
    node: process.version,
    cores: availableParallelism(),
  };
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  const started = performance.now();
  const log = (message) => console.error(`${((performance.now() - started) / 1000).toFixed(1)} s  ${message}`);
  const [settings, names, measure] = options.migration
    ? [{}, ['two'], consolidate]
    : [settingsToCompare, ...(options.explain ? [['one'], explain] : [Object.keys(layouts), compare])];
  const report = await withServer(options.databaseUrl, settings, (server) =>
    withDatabases(server, names, (urls) => measure(server, urls, options, log)),
  );
  console.log(options.json ? JSON.stringify(report, null, 2) : printed(report));
  if (report.explained?.some(({ holds }) => !holds) === true) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
