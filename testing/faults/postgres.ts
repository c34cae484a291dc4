import { migrate, openDatabase, sql, type Database } from '@attune/db';
import { startEmbedded, type Embedded } from '@attune/db/embedded';
import { randomUUID } from 'node:crypto';
import { isAlive } from '../is-alive.ts';
import { until } from '../until.ts';
import { temporaryFolder } from './folder.ts';

/** A PostgreSQL server of the run's own that can be stopped the hard way. */
export interface Postgres extends AsyncDisposable {
  port(): number;
  /** A migrated database that notes every change of an execution's status. Dropped with `drop`. */
  freshDatabase(): Promise<FaultDatabase>;
  /** SIGQUIT: no shutdown, crash recovery at the new start. */
  restart(): Promise<void>;
}

export interface FaultDatabase {
  /** Not through a proxy. */
  url: string;
  open(): Database;
  drop(): Promise<void>;
}

/** The observer of a fault run: which statuses an execution went through, whose lease it was, and what changed after its end. A
 *  trigger, since it has to see every write whoever makes it. It stands only in the databases of fault runs. */
const observer = [
  `create schema faults`,
  `create table faults.change (seq bigserial primary key, execution bigint not null, was text, next text not null,
    was_token uuid, next_token uuid, result_changed boolean not null, xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp())`,
  `create function faults.note() returns trigger language plpgsql as $$ begin
    if tg_op = 'INSERT' then
      insert into faults.change (execution, next, next_token, result_changed)
      values (new.id, new.status, new.lease_token, new.result is not null);
    else
      insert into faults.change (execution, was, next, was_token, next_token, result_changed)
      values (new.id, old.status, new.status, old.lease_token, new.lease_token, new.result is distinct from old.result);
    end if;
    return null; end $$`,
  `create trigger faults_created after insert on attune.execution for each row execute function faults.note()`,
  `create trigger faults_changed after update on attune.execution for each row
    when (old.status is distinct from new.status or old.result is distinct from new.result) execute function faults.note()`,
];

const template = 'faults_template';

/** A server in a folder that is gone afterwards. */
export async function postgresOfItsOwn(): Promise<Postgres> {
  const home = await temporaryFolder('attune-faults-postgres-');
  const server = await startPostgres(home.path);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

async function startPostgres(home: string): Promise<Postgres> {
  // a crash of the server, which is tested here, loses nothing that the system has; a power cut is not
  const start = () =>
    startEmbedded({ home, settings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' } });
  let server: Embedded = await start();
  const endAtOnce = () => {
    if (isAlive(server.pid)) process.kill(server.pid, 'SIGQUIT');
  };
  process.prependOnceListener('exit', endAtOnce); // before its folder is removed
  /** One restart after the other. */
  let restarted = Promise.resolve();
  const urlOf = (name: string) => {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const administer = async (statement: string) => {
    const admin = openDatabase(urlOf('postgres'), { max: 1 });
    await admin.list(sql.raw(statement)).finally(() => admin.close());
  };
  const freshDatabase = async (): Promise<FaultDatabase> => {
    const name = `faults_${randomUUID().replaceAll('-', '')}`;
    await administer(`create database ${name} template ${template} strategy file_copy`);
    return {
      url: urlOf(name),
      open: () => openDatabase(urlOf(name), { max: 4, applicationName: 'faults', onIdleError: () => undefined }),
      drop: () => administer(`drop database ${name} with (force)`),
    };
  };

  await administer(`create database ${template}`);
  await migrate(urlOf(template));
  const db = openDatabase(urlOf(template), { max: 1 });
  for (const statement of observer) await db.list(sql.raw(statement));
  await db.close();
  return {
    port: () => server.port,
    freshDatabase,
    restart() {
      restarted = restarted.then(async () => {
        const { pid } = server;
        process.kill(pid, 'SIGQUIT');
        await until('PostgreSQL has ended', () => !isAlive(pid));
        server = await start();
      });
      return restarted;
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', endAtOnce);
      await restarted;
      await server.stop();
    },
  };
}
