import { randomBytes } from 'node:crypto';
import { openDatabase, sql, type Database, type Tx } from '../database.ts';
import { migrate, type MigrationOptions } from '../migrate.ts';
import { verify, type Verdict } from '../verify/index.ts';
import { copyRows } from './data-copy.ts';
import { compareDigests, keepDigests, type Comparison } from './digests.ts';
import { readSchema, runInAnyOrder } from './schema-copy.ts';
import { Watch, type HeldLock, type RowsTouched, type Step } from './watch.ts';

export interface RehearsalOptions extends Pick<MigrationOptions, 'to' | 'adopt' | 'lockTimeout' | 'folder'> {
  /** A database on the server where the copy is made; default: the rehearsed database's own server. */
  scratchServer?: string;
  /** Told what happens, one sentence at a time. */
  log?: (message: string) => void;
}

/** What an upgrade would do, as seen on a copy. */
export interface Rehearsal {
  /** Migrations that the copy went through. */
  applied: string[];
  copied: { tables: number; rows: number; duration_ms: number };
  /** What the copy lacks, as names. */
  left_out: string[];
  duration_ms: number;
  steps: Step[];
  locks: HeldLock[];
  rows_touched: RowsTouched[];
  disk: {
    /** Size of the copy before the upgrade. */
    before_bytes: number;
    after_bytes: number;
    /** Most that it held beyond `before_bytes` while the upgrade ran. */
    needed_bytes: number;
    /** Write-ahead log that it made, which archives and replicas have to take. */
    wal_bytes: number;
  };
  /** Every table that was there before, value for value. */
  tables: Comparison[];
  /** The rules of the consolidation on the upgraded copy; empty where `to` stops before it. */
  verdicts: Verdict[];
}

/** Whether every value came through and every rule holds. */
export const isSound = ({ tables, verdicts }: Rehearsal): boolean =>
  tables.every(({ different }) => different.length === 0) && verdicts.every(({ offenders }) => offenders.length === 0);

/** Runs the pending upgrade on a copy, made from one snapshot: nobody has to disconnect, and nothing of the original is touched.
 *  The copy is a database of its own, dropped at the end.
 *  @throws AttuneError `migration_refused` as the upgrade itself would. */
export async function rehearse(url: string, options: RehearsalOptions = {}): Promise<Rehearsal> {
  const { scratchServer = url, log = () => undefined, ...migration } = options;
  const scratch = await createScratch(scratchServer);
  const source = openDatabase(url, { max: 1, applicationName: 'attune rehearse' });
  const copy = openDatabase(scratch.url, { max: 1, applicationName: 'attune rehearse' });
  try {
    const start = performance.now();
    const { leftOut, tables, rows } = await copyDatabase(source, copy);
    const copied = { tables, rows, duration_ms: Math.round(performance.now() - start) };
    log(`Copied ${rows} rows of ${tables} tables`);
    return { copied, left_out: leftOut, ...(await upgrade(copy, migration, log)) };
  } finally {
    await Promise.all([source.close(), copy.close()]);
    await scratch.drop();
  }
}

async function createScratch(server: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `attune_rehearsal_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  const admin = openDatabase(server, { max: 1, applicationName: 'attune rehearse' });
  const administer = (statement: string) => admin.list(sql.raw(statement));
  try {
    await administer(`create database ${name} template template0`);
  } catch (error) {
    await admin.close();
    throw error;
  }
  return {
    url: url.href,
    async drop() {
      await administer(`drop database if exists ${name} with (force)`).finally(() => admin.close());
    },
  };
}

async function copyDatabase(
  source: Database,
  copy: Database,
): Promise<{ leftOut: string[]; tables: number; rows: number }> {
  return source.transaction(async (tx) => {
    await tx.run(sql`set transaction isolation level repeatable read, read only`);
    const schema = await readSchema(tx);
    await copy.list(sql`set check_function_bodies = off`);
    await copy.list(sql`set search_path = ''`);
    await runInAnyOrder(copy, schema.bare);
    let rows = 0;
    for (const table of schema.tables) rows += await copyRows(tx, copy, table);
    await runInAnyOrder(copy, schema.finish);
    await copy.list(sql`reset search_path`);
    return { leftOut: schema.leftOut, tables: schema.tables.length, rows };
  });
}

async function upgrade(
  copy: Database,
  migration: MigrationOptions,
  log: (message: string) => void,
): Promise<Omit<Rehearsal, 'copied' | 'left_out'>> {
  await copy.list(sql`analyze`);
  const kept = await keepDigests(copy);
  const relations = await copy.many<{ oid: string; name: string }>(sql`
    select oid::text as oid, oid::regclass::text as name from pg_class
    where relkind in ('r', 'v', 'm') and relnamespace in (select oid from pg_namespace where nspname in ('attune', 'public'))`);
  const watch = new Watch(new Map(relations.map(({ oid, name }) => [oid, name])));
  const before = await measure(copy);
  const start = performance.now();
  const applied = await migrate(copy.url, {
    ...migration,
    afterStatement: (tx: Tx, file, line) => watch.afterStatement(tx, file, line),
  });
  const duration_ms = Math.round(performance.now() - start);
  const { locks, rows, peakBytes } = watch.summary();
  const after = await measure(copy);
  log(`Applied ${applied.length} migrations in ${duration_ms} ms; comparing`);
  const reaches = await copy.one<{ consolidated: boolean }>(sql`
    select exists (select from attune_migrations.migration where name like '20260127212500%') as consolidated`);
  return {
    applied,
    duration_ms,
    steps: watch.steps,
    locks,
    rows_touched: rows,
    disk: {
      before_bytes: before.bytes,
      after_bytes: after.bytes,
      needed_bytes: Math.max(peakBytes, after.bytes) - before.bytes,
      wal_bytes: after.wal - before.wal,
    },
    tables: await compareDigests(copy, kept),
    verdicts: reaches.consolidated ? await verify(copy.url) : [],
  };
}

async function measure(db: Database): Promise<{ bytes: number; wal: number }> {
  const row = await db.one<{ bytes: string; wal: string }>(sql`
    select pg_database_size(current_database())::text as bytes, (pg_current_wal_lsn() - '0/0')::text as wal`);
  return { bytes: Number(row.bytes), wal: Number(row.wal) };
}
