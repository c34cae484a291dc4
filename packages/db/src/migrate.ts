import { AttuneError, type Instant } from '@attune/core';
import { Kysely, Migrator, NO_MIGRATIONS, PostgresDialect, type MigrationResultSet } from 'kysely';
import pg from 'pg';
import { connectionConfig } from './database.ts';
import { migrationFiles, migrationFolder } from './migration-files.ts';

/** Where the migrations keep book: a schema of its own, so that schema `attune` holds nothing but facts. */
const bookkeeping = { schema: 'attune_migrations', table: 'migration', lockTable: 'migration_lock' };

export interface MigrationOptions {
  /** Version (14 digits, or the full name) to stop after; default: the last for `migrate`, one step back for `rollback`.
   *  `rollback` takes '0' for all. */
  to?: string;
  /** Folder of the migration files; default: this package's own. */
  folder?: string;
}

export interface MigrationState {
  /** `YYYYMMDDHHMMSS_name` */
  name: string;
  /** When it was applied; null while it is pending. */
  applied_at: Instant | null;
  /** False for one that the database names and this release does not have. */
  known: boolean;
}

/** Applies what is pending, all in one transaction. Two callers at once take turns: the second finds nothing left to do.
 *  @returns the names of the migrations applied, in order.
 *  @throws AttuneError `migration_refused` naming file, line and reason; the database is then as before. */
export async function migrate(url: string, options: MigrationOptions = {}): Promise<string[]> {
  const states = await status(url, options);
  assertKnown(states);
  if (options.to === undefined) return run(url, options, (migrator) => migrator.migrateToLatest());
  const target = find(states, options.to);
  const last = states.findLast((state) => state.applied_at !== null);
  if (last !== undefined && last.name > target.name) {
    throw refused(
      `${target.name} is already applied, and so is ${last.name}, which comes later. Use rollback to go back.`,
    );
  }
  return run(url, options, (migrator) => migrator.migrateTo(target.name));
}

/** Takes migrations back, the latest first, all in one transaction.
 *  @returns the names of the migrations taken back, in that order. */
export async function rollback(url: string, options: MigrationOptions = {}): Promise<string[]> {
  const states = await status(url, options);
  assertKnown(states);
  if (options.to === undefined) return run(url, options, (migrator) => migrator.migrateDown());
  if (options.to === '0') return run(url, options, (migrator) => migrator.migrateTo(NO_MIGRATIONS));
  const target = find(states, options.to);
  if (target.applied_at === null) throw refused(`${target.name} is not applied: there is nothing to go back to.`);
  return run(url, options, (migrator) => migrator.migrateTo(target.name));
}

/** Every migration with its state, in order. Changes nothing, not even on an empty database. */
export async function status(url: string, options: Pick<MigrationOptions, 'folder'> = {}): Promise<MigrationState[]> {
  const names = Object.keys(await migrationFiles(options.folder ?? migrationFolder).getMigrations());
  const applied = await appliedMigrations(url);
  const all = [...new Set([...names, ...applied.keys()])].sort();
  return all.map((name) => ({ name, applied_at: applied.get(name) ?? null, known: names.includes(name) }));
}

async function appliedMigrations(url: string): Promise<Map<string, Instant>> {
  const client = new pg.Client(connectionConfig(url, 'attune migrate'));
  await client.connect();
  try {
    const book = `${bookkeeping.schema}.${bookkeeping.table}`;
    const { rowCount } = await client.query('select where to_regclass($1) is not null', [book]);
    if (rowCount === 0) return new Map();
    const { rows } = await client.query<{ name: string; timestamp: string }>(`select name, timestamp from ${book}`);
    return new Map(rows.map((row) => [row.name, row.timestamp]));
  } finally {
    await client.end();
  }
}

async function run(
  url: string,
  options: MigrationOptions,
  step: (migrator: Migrator) => Promise<MigrationResultSet>,
): Promise<string[]> {
  const pool = new pg.Pool({ ...connectionConfig(url, 'attune migrate'), max: 1 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db,
      provider: migrationFiles(options.folder ?? migrationFolder),
      migrationTableSchema: bookkeeping.schema,
      migrationTableName: bookkeeping.table,
      migrationLockTableName: bookkeeping.lockTable,
    });
    const { error, results } = await step(migrator);
    if (error !== undefined) {
      throw error instanceof AttuneError ? error : refused(error instanceof Error ? error.message : 'unknown', error);
    }
    return (results ?? []).map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}

function find(states: readonly MigrationState[], version: string): MigrationState {
  const state = states.find(({ name }) => name === version || name.startsWith(`${version}_`));
  if (state !== undefined) return state;
  throw refused(`There is no migration ${version}. There are ${states.map(({ name }) => name).join(', ')}.`);
}

function assertKnown(states: readonly MigrationState[]): void {
  const unknown = states.filter((state) => !state.known).map((state) => state.name);
  if (unknown.length > 0) {
    throw refused(`The database was migrated by a newer release: this one does not know ${unknown.join(', ')}.`);
  }
}

const refused = (message: string, cause?: unknown) => new AttuneError('migration_refused', message, { cause });
