import { processorSeconds } from './processes.mjs';

/** Counts what work costs: rows it leaves, transactions that write, each of which is a commit to wait for, bytes of log, and processor time
 *  of PostgreSQL and of all processes besides, the bench's own among them.
 *  Transactions are counted by the numbers they take, which are exact at any moment; the counter of commits in pg_stat_database lags
 *  behind by up to ten seconds. Both this and the log are the whole server's, on which nothing else runs.
 *  @param client a connection of its own
 *  @param schema whose tables hold the work
 *  @param server process of PostgreSQL, a child of this one */
export async function openMeter(client, schema, server) {
  const rowsBefore = await countRows(client, schema);
  let began;
  let ended;
  return {
    async begin() {
      began = await counters(client, server);
    },
    async end() {
      ended = await counters(client, server);
    },
    /** Per unit of work. Rows are all since the meter was opened. */
    async cost(units) {
      const each = (counter, factor = 1) => ((ended[counter] - began[counter]) * factor) / units;
      return {
        rows_kept: ((await countRows(client, schema)) - rowsBefore) / units,
        commits: each('transactions'),
        wal_bytes: each('wal'),
        postgresql_us: each('postgresql', 1e6),
        processes_us: each('processes', 1e6),
      };
    },
  };
}

async function counters(client, server) {
  const { rows } = await client.query(`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal,
      pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions`);
  return {
    ...rows[0],
    postgresql: processorSeconds(server),
    processes: processorSeconds(process.pid, server),
  };
}

async function countRows(client, schema) {
  const { rows } = await client.query(
    `select format('(select count(*) from %I.%I)', schemaname, tablename) as part from pg_tables
     where schemaname = $1 and tablename !~ 'migration'`,
    [schema],
  );
  if (rows.length === 0) return 0;
  const sum = await client.query(`select (${rows.map(({ part }) => part).join(' + ')})::float8 as rows`);
  return sum.rows[0].rows;
}
