import { AttuneError, type Instant } from '@attune/core';
import {
  Kysely,
  Migrator,
  NO_MIGRATIONS,
  PostgresDialect,
  type Migration,
  type MigrationProvider,
  type MigrationResultSet,
} from 'kysely';
import pg from 'pg';
import { adopt, assertAdoptable, baseline, survey, type Survey } from './adopt/index.ts';
import { Client } from './client.ts';
import { connectionConfig, openDatabase, type Tx } from './database.ts';
import { migrationFiles, migrationFolder } from './migration-files.ts';
import { noVault } from './no-vault.ts';

/** Where the migrations keep book: a schema of its own, so that schema `attune` holds nothing but facts. */
const bookkeeping = { schema: 'attune_migrations', table: 'migration', lockTable: 'migration_lock' };

/** Longest a look at which migrations there are may take, in milliseconds: every process begins with one, and it waits for no lock. */
const statusMs = 10_000;

export interface MigrationOptions {
  /** Version (14 digits, or the full name) to stop after; default: the last for `migrate`, one step back for `rollback`.
   *  `rollback` takes '0' for all. */
  to?: string;
  /** Folder of the migration files; default: this package's own. */
  folder?: string;
  /** `migrate` only: takes over an old database that our migrations have never seen. */
  adopt?: boolean;
  /** Longest to wait for one lock, as PostgreSQL reads a time: '30s', '0' for as long as it takes. Default '5s'. */
  lockTimeout?: string;
  /** Called after each statement of a file, inside the transaction. */
  afterStatement?: (tx: Tx, file: string, line: number) => Promise<void>;
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
 *  A database of the old layout that our migrations have never seen is taken over with `adopt` and refused without.
 *  @returns the names of the migrations applied, in order.
 *  @throws AttuneError `migration_refused` naming file, line and reason; the database is then as before. */
export async function migrate(url: string, options: MigrationOptions = {}): Promise<string[]> {
  const states = await status(url, options);
  assertKnown(states);
  if (states.every(({ applied_at }) => applied_at === null)) {
    const old = await findOldDatabase(url);
    if (old !== undefined) {
      assertAdoptable(old);
      if (options.adopt !== true)
        throw refused('This is a database of the old layout. `attune db migrate --adopt` takes it over.');
    }
  }
  if (options.to === undefined) {
    // which is so at every start but the first
    if (states.every(({ applied_at }) => applied_at !== null)) return [];
    return run(url, options, (migrator) => migrator.migrateToLatest());
  }
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

/** What an old database that our migrations have never seen holds; undefined for an empty one and for one of ours. Changes nothing. */
export async function findOldDatabase(url: string): Promise<Survey | undefined> {
  if ((await appliedMigrations(url)).size > 0) return undefined;
  const db = openDatabase(url, { max: 1, applicationName: 'attune migrate' });
  let found: Survey | undefined;
  try {
    await db.transaction(async (tx) => {
      found = await survey(tx);
      throw new Seen();
    });
  } catch (error) {
    if (!(error instanceof Seen)) throw error;
  } finally {
    await db.close();
  }
  // what was found may be what another runner has just made: its book was written with it
  return found !== undefined && (await appliedMigrations(url)).size > 0 ? undefined : found;
}

/** Rolls the look at a database back. */
class Seen extends Error {}

/** Every migration with its state, in order. Changes nothing, not even on an empty database. */
export async function status(url: string, options: Pick<MigrationOptions, 'folder'> = {}): Promise<MigrationState[]> {
  const names = Object.keys(await migrationFiles(options.folder ?? migrationFolder).getMigrations());
  const applied = await appliedMigrations(url);
  const all = [...new Set([...names, ...applied.keys()])].sort();
  return all.map((name) => ({ name, applied_at: applied.get(name) ?? null, known: names.includes(name) }));
}

async function appliedMigrations(url: string): Promise<Map<string, Instant>> {
  const client = new Client({ ...connectionConfig(url, 'attune migrate'), query_timeout: statusMs });
  client.on('error', () => undefined); // told by the rejected query, too
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
  const config = connectionConfig(url, 'attune migrate');
  if (options.lockTimeout !== undefined) {
    if (!/^\d+(us|ms|s|min|h)?$/.test(options.lockTimeout)) throw refused(`No time to wait: ${options.lockTimeout}`);
    config.options = `${config.options ?? ''} -c attune.lock_timeout=${options.lockTimeout}`;
  }
  const pool = new pg.Pool({ ...config, max: 1, Client });
  // what ends a connection that is on its way out (the drop of a rehearsal's copy) must not end the process
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db,
      provider: providerOf(options),
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

/** To adopt is to reach the founding layout from what is there, instead of making it. */
function providerOf(options: MigrationOptions): MigrationProvider {
  const { afterStatement } = options;
  const files = migrationFiles(
    options.folder ?? migrationFolder,
    afterStatement && ((db, file, line) => afterStatement(txOf(db), file, line)),
  );
  if (options.adopt !== true) return files;
  return {
    async getMigrations() {
      const migrations = await files.getMigrations();
      const founding = migrations[baseline];
      if (founding === undefined) return migrations;
      const up: Migration['up'] = async (db: Kysely<unknown>) => {
        const tx = txOf(db);
        await ((await survey(tx)) === undefined ? founding.up(db) : adopt(tx));
      };
      return { ...migrations, [baseline]: { ...founding, up } };
    },
  };
}

/** The migrator's own transaction, as our statements know one. */
function txOf(db: Kysely<unknown>): Tx {
  const all: Tx['list'] = async (statement) =>
    'isRawBuilder' in statement
      ? (await statement.execute(db)).rows
      : (await db.executeQuery(statement.compile())).rows;
  return {
    vault: noVault,
    many: all,
    list: all,
    maybe: async (statement) => (await all(statement))[0],
    async one(statement) {
      const [row] = await all(statement);
      if (row === undefined) throw new Error('The statement was to return a row and returned none');
      return row;
    },
    run: async (statement) => Number((await statement.execute(db)).numAffectedRows ?? 0n),
    along() {
      throw new Error('A migration waits for each of its statements');
    },
  };
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
