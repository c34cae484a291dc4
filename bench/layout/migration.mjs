import { consolidation, loadOld } from './layouts.mjs';
import { withClient } from './server.mjs';
import { migrate } from '@attune/db';

/** The consolidation of a database in the founding layout: how long it takes, and the most that its files hold meanwhile. */
export async function measureMigration(serverUrl, url, { rows }, log) {
  await loadOld(serverUrl, url, rows);
  log('two tables are filled');
  const before = await withClient(url, async (client) => {
    await client.query('checkpoint');
    const { rows: tables } = await client.query(`
      select (pg_total_relation_size('attune.execution') + pg_total_relation_size('attune.workflow_task_execution'))::float8 as bytes`);
    return { tablesBytes: tables[0].bytes, ...(await held(client)) };
  });
  const peak = { ...before, togetherBytes: before.databaseBytes + before.logFilesBytes };
  const started = performance.now();
  const migration = migrate(url, { to: consolidation });
  const see = (now) => {
    peak.databaseBytes = Math.max(peak.databaseBytes, now.databaseBytes);
    peak.logFilesBytes = Math.max(peak.logFilesBytes, now.logFilesBytes);
    peak.togetherBytes = Math.max(peak.togetherBytes, now.databaseBytes + now.logFilesBytes);
  };
  await whileRunning(migration, serverUrl, new URL(url).pathname.slice(1), see);
  await migration;
  const seconds = (performance.now() - started) / 1000;
  log('the migration is done');
  const after = await withClient(url, held);
  see(after); // a migration may end between two samples
  return {
    seconds,
    tablesBytes: before.tablesBytes,
    logWrittenBytes: after.logPosition - before.logPosition,
    databaseBytes: { before: before.databaseBytes, peak: peak.databaseBytes, after: after.databaseBytes },
    logFilesBytes: { before: before.logFilesBytes, peak: peak.logFilesBytes, after: after.logFilesBytes },
    /** The most that database and log held together beyond what they held before, in sizes of the two tables. */
    peakInTables: (peak.togetherBytes - before.databaseBytes - before.logFilesBytes) / before.tablesBytes,
  };
}

const sampleMs = 200;

async function whileRunning(running, serverUrl, database, see) {
  let ended = false;
  const end = running.then(
    () => (ended = true),
    () => (ended = true), // whoever awaits it hears of it
  );
  await withClient(serverUrl, async (client) => {
    while (!ended) {
      see(await held(client, database));
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, sampleMs))]);
    }
  });
}

async function held(client, database) {
  const { rows } = await client.query(
    `select pg_database_size(coalesce($1, current_database()))::float8 as "databaseBytes",
       (select sum(size) from pg_ls_waldir())::float8 as "logFilesBytes",
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "logPosition"`,
    [database ?? null],
  );
  return rows[0];
}
