import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { parseJson, stringifyJson, type Json, type Vault } from '@attune/core';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type Compilable,
  type RawBuilder,
} from 'kysely';
import pg from 'pg';
import { breakPoint } from './break-point.ts';
import { Client, pipelined, streamOf } from './client.ts';
import { compileRaw, type Compiled } from './compile-raw.ts';
import { instantFromText } from './instant.ts';
import { watchForLost } from './lost-connection.ts';
import { noVault } from './no-vault.ts';
import { keepAliveMs, keepAliveOptions, withTimeouts, type Timeouts } from './timeouts.ts';

/** What runs statements: the pool or a transaction alike. Statements written with `sql` have a fixed text and are prepared once
 *  per connection; `list` is for statements whose text varies with its filters. */
export interface Tx {
  /** Seals what must not stand in a row in clear. */
  readonly vault: Vault;
  /** All rows. */
  many<R>(statement: RawBuilder<R>): Promise<R[]>;
  /** The first row, or undefined. */
  maybe<R>(statement: RawBuilder<R>): Promise<R | undefined>;
  /** Exactly one row. @throws Error where there is none. */
  one<R>(statement: RawBuilder<R>): Promise<R>;
  /** Number of rows touched. */
  run(statement: RawBuilder<unknown>): Promise<number>;
  /** All rows of a statement whose text varies; not prepared. */
  list<R>(statement: Compilable<R> | RawBuilder<R>): Promise<R[]>;
  /** Lets a statement's answer arrive with the commit's, where nothing is decided by it: the transaction fails if it fails. Statements
   *  are run in the order in which they were begun all the same. Only in a transaction. */
  along(answer: Promise<unknown>): void;
}

export interface Database extends Tx {
  readonly url: string;
  /** Runs `body` in one transaction: committed when it returns, rolled back when it throws. */
  transaction<T>(body: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  /** Connections now: open, open and not in use, and how many wait for one. */
  connections(): { total: number; idle: number; waiting: number };
}

export interface DatabaseOptions {
  /** Most connections at once; default 10. */
  max?: number;
  /** Shown in pg_stat_activity; default 'attune'. */
  applicationName?: string;
  /** Seals and opens secrets; without one, whoever has a secret to keep is refused. */
  vault?: Vault;
  /** Plans go by an index wherever one serves, row by row. A prepared statement keeps the plan that it got while its table was small,
   *  which in a new database is a scan of the whole table or a join with all of it, until statistics are taken first; meanwhile each
   *  statement would cost more the more rows there are. And one plan serves all values, so none is made again for each. For services,
   *  whose statements all have their index. Default false. */
  avoidScans?: boolean;
  /** How long statements and transactions may take, for processes that serve: connections lost without a word are then noticed, too.
   *  Default: no bound. */
  timeouts?: Timeouts;
  /** Called when an idle connection breaks; the pool replaces it. */
  onIdleError?: (error: Error) => void;
}

const plansByIndex =
  ' -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan';

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const config = withTimeouts(connectionConfig(url, options.applicationName ?? 'attune'), options.timeouts);
  const plans = options.avoidScans === true ? plansByIndex : '';
  const pool = new pg.Pool({
    ...config,
    options: `${config.options ?? ''}${plans}`,
    max: options.max ?? 10,
    Client,
    ...pipelined,
  });
  pool.on('error', (error) => {
    Reflect.deleteProperty(error, 'client'); // the pool puts the whole connection there, which no log is to have
    options.onIdleError?.(error);
  });
  // a connection that ends between the pool's hands and ours must not end the process; whoever uses it is told by its statements
  pool.on('connect', (client) => client.on('error', () => undefined));
  const endWatch = options.timeouts && watchForLost(pool, config, options.timeouts.lookMs);
  const vault = options.vault ?? noVault;
  return {
    url,
    ...statements(pool, vault, options.avoidScans),
    async transaction(body) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // a connection lost while taken from the pool also emits 'error', which would end the process
      const lost = (error: Error) => (broken = error);
      client.on('error', lost);
      const along = travellers();
      try {
        holdWrites(client);
        along.add(client.query('begin'));
        breakPoint('transaction.begun');
        const tx = statements(client, vault, options.avoidScans);
        const result = await body({ ...tx, along: (answer) => along.add(answer) });
        breakPoint('transaction.decided');
        holdWrites(client);
        const committed = client.query('commit');
        breakPoint('transaction.committing');
        along.add(committed);
        await along.arrived();
        if ((await committed).command !== 'COMMIT')
          throw new Error('A statement of the transaction failed and nobody said so');
        breakPoint('transaction.committed');
        return result;
      } catch (error) {
        // a connection that cannot roll back must not go back to the pool with its transaction open
        await client.query('rollback').catch((failure: unknown) => (broken = asError(failure)));
        throw (await along.firstFailure()) ?? error;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
    close: () => {
      endWatch?.();
      return pool.end();
    },
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

/** Answers that nobody waits for one by one. */
function travellers() {
  const answers: Promise<unknown>[] = [];
  return {
    add(answer: Promise<unknown>): void {
      answer.catch(() => undefined); // told by `arrived`
      answers.push(answer);
    },
    arrived: () => Promise.all(answers),
    /** What failed first: the others failed because of it. */
    async firstFailure(): Promise<unknown> {
      const settled = await Promise.allSettled(answers);
      return settled.find((one) => one.status === 'rejected')?.reason;
    },
  };
}

/** Runs `body` on the database as it is at one moment, whatever happens meanwhile; it can only read. */
export const readAtOnce = <T>(db: Database, body: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.run(sql`set transaction isolation level repeatable read, read only`);
    return body(tx);
  });

/** How every connection of ours is made: UTC, so that instants read the same everywhere, and our own readers of types. */
export const connectionConfig = (url: string, applicationName: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: applicationName,
  options: `-c TimeZone=UTC -c search_path=attune,public ${keepAliveOptions}`,
  types: { getTypeParser: readerOf },
  keepAlive: true,
  keepAliveInitialDelayMillis: keepAliveMs,
});

/** A JSON value as a bound parameter of type jsonb; undefined is SQL NULL, null is SQL NULL too: write `jsonNull` for JSON null. */
export const jsonb = (value: Json | undefined): RawBuilder<Json> =>
  value === undefined || value === null ? sql`null::jsonb` : sql`${stringifyJson(value)}::jsonb`;

const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** @param plansOnce whether one plan serves all values of a statement; those whose text varies are planned for their values all the same */
function statements(client: pg.Pool | pg.ClientBase, vault: Vault, plansOnce = false): Tx {
  const query = async <R>(statement: Compilable<R> | RawBuilder<R>, prepare: boolean) => {
    const { sql: text, parameters } = compile(statement);
    const values = [...parameters];
    if (client instanceof pg.Client) holdWrites(client);
    const result: pg.QueryResult = await (prepare
      ? client.query({ name: nameOf(text), text, values })
      : plansOnce
        ? plannedForItsValues(client, { text, values })
        : client.query({ text, values }));
    return { rows: result.rows as R[], touched: result.rowCount ?? 0 };
  };
  return {
    vault,
    many: async (statement) => (await query(statement, true)).rows,
    maybe: async (statement) => (await query(statement, true)).rows[0],
    async one(statement) {
      const { rows } = await query(statement, true);
      if (rows[0] === undefined) throw new Error('The statement was to return a row and returned none');
      return rows[0];
    },
    run: async (statement) => (await query(statement, true)).touched,
    list: async (statement) => (await query(statement, false)).rows,
    along() {
      throw new Error('Nothing travels along outside of a transaction');
    },
  };
}

/** A filter that selects one row in a thousand wants another plan than one that selects all. */
async function plannedForItsValues(from: pg.Pool | pg.ClientBase, statement: pg.QueryConfig): Promise<pg.QueryResult> {
  if (!(from instanceof pg.Pool)) return withMode(from, statement, () => undefined);
  const client = await from.connect();
  let broken: Error | undefined;
  try {
    return await withMode(client, statement, (error) => (broken ??= error));
  } finally {
    client.release(broken);
  }
}

function withMode(
  client: pg.ClientBase,
  statement: pg.QueryConfig,
  onError: (error: Error) => void,
): Promise<pg.QueryResult> {
  const setMode = (mode: string): void =>
    void client.query(`set plan_cache_mode = ${mode}`).catch((error: unknown) => onError(asError(error)));
  setMode('auto');
  const answer = client.query(statement);
  setMode('force_generic_plan');
  return answer;
}

/** Connections whose writes are held until the end of this turn of the event loop. */
const holding = new WeakSet<Socket>();

/** Statements that are begun in one turn of the event loop leave in one packet. */
function holdWrites(client: pg.Client): void {
  const stream = streamOf(client);
  if (holding.has(stream)) return;
  holding.add(stream);
  stream.cork();
  setImmediate(() => {
    holding.delete(stream);
    stream.uncork();
  });
}

const compile = (statement: Compilable | RawBuilder<unknown>): Compiled =>
  isRaw(statement) ? (compileRaw(statement) ?? statement.compile(compiler)) : statement.compile();

const isRaw = <R>(statement: Compilable<R> | RawBuilder<R>): statement is RawBuilder<R> => 'isRawBuilder' in statement;

const names = new Map<string, string>();

/** The name of a prepared statement: its text's digest, so that every connection and process agrees. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha1').update(text).digest('base64url');
    names.set(text, name);
  }
  return name;
}

const readers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.JSON, parseJson],
  [pg.types.builtins.JSONB, parseJson],
  [pg.types.builtins.TIMESTAMPTZ, instantFromText],
  [pg.types.builtins.INT8, (text) => text], // ids are strings of digits
]);

const readerOf: pg.CustomTypesConfig['getTypeParser'] = (oid, format): ((text: string) => unknown) =>
  readers.get(oid) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown);

const asError = (failure: unknown): Error => (failure instanceof Error ? failure : new Error(String(failure)));

export { sql };
