import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../testing/database.ts';
import { temporaryHome } from '../../../testing/server.ts';
import { until } from '../../../testing/until.ts';
import { openDatabase, sql, type Database } from '../src/database.ts';
import { startEmbedded } from '../src/embedded/index.ts';
import { migrate } from '../src/migrate.ts';
import { statementsOf } from '../src/sql-script.ts';
import { faultsAfterUpgrade } from './legacy/checks.ts';
import { generateLegacy } from './legacy/generate.ts';
import { observe } from './legacy/observe.ts';
import { baseline, consolidation, runScript, scriptOf } from './legacy/run-file.ts';

// A gate in the middle of the migration: it stands there until the test has done what it came for.
const gate = 4711;
const legacy = generateLegacy(11, 20);
const up = await scriptOf(`${consolidation}.sql`);
const statements = statementsOf(up).map(({ text }) => text);

/** The migration's statements with the gate after the one of that number. */
const gatedAfter = (at: number) => statements.toSpliced(at + 1, 0, `select pg_advisory_xact_lock(${gate})`);

/** The same, with the gate inside the statement that moves the rows. */
function gatedBefore(line: string): string[] {
  if (!up.includes(line)) throw new Error(`The migration does not contain: ${line}`);
  return statementsOf(up.replace(line, `perform pg_advisory_xact_lock(${gate}); ${line}`)).map(({ text }) => text);
}

const points: [string, string[]][] = [
  ...statements.map((text, at): [string, string[]] => [`after statement ${at + 1} (${headOf(text)})`, gatedAfter(at)]),
  ['when the rows are in the archive', gatedBefore('update attune.execution e')],
  ['when the metadata moved', gatedBefore('-- Read back what was written')],
];

function headOf(text: string): string {
  return text
    .replace(/^(\s|--[^\n]*\n)+/, '')
    .split(/\s+/, 5)
    .join(' ');
}

function startClient(url: string, script: readonly string[]) {
  const client = spawn(process.execPath, [path.join(import.meta.dirname, 'legacy', 'client.mjs'), url], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  client.stdin.end(JSON.stringify(script));
  return client;
}

const atTheGate = (db: Database) => async () =>
  (await db.maybe(sql`
    select from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and not l.granted and a.datname = current_database()`)) !== undefined;

test('kill -9 of the client at any point leaves the database as it was, and the next run succeeds', async () => {
  await using database = await emptyDatabase();
  const { db } = database;
  await migrate(database.url, { to: baseline });
  await db.list(sql.raw(legacy.script));
  const before = await observe(db);
  for (const [where, script] of points) {
    await database.open().transaction(async (tx) => {
      await tx.run(sql`select pg_advisory_xact_lock(${gate})`);
      const client = startClient(database.url, script);
      const killed = once(client, 'exit');
      await until(`the client stands ${where}`, atTheGate(db));
      client.kill('SIGKILL');
      await killed;
    });
    await until('its session is gone', async () => {
      const left = await db.maybe(sql`
        select from pg_stat_activity where application_name = 'killed client' and datname = current_database()`);
      return left === undefined;
    });
    expect(await observe(db), where).toEqual(before);
  }
  await runScript(database.url, up);
  expect(await faultsAfterUpgrade(db, legacy, before, await observe(db))).toEqual([]);
}, 120_000);

test('an immediate stop of the server leaves the database as it was, and the next run succeeds', async () => {
  await using home = await temporaryHome();
  const start = async () => {
    const server = await startEmbedded({ home: home.path });
    return { server, db: openDatabase(server.url) };
  };
  let { server, db } = await start();
  try {
    await migrate(server.url, { to: baseline });
    await db.list(sql.raw(legacy.script));
    const before = await observe(db);
    for (const [where, script] of points.slice(-3)) {
      const holder = openDatabase(server.url);
      const held = holder.transaction(async (tx) => {
        await tx.run(sql`select pg_advisory_xact_lock(${gate})`);
        const client = startClient(server.url, script);
        const ended = once(client, 'exit');
        await until(`the client stands ${where}`, atTheGate(db));
        process.kill(server.pid, 'SIGQUIT'); // how pg_ctl stops at once
        await ended;
      });
      await expect(held).rejects.toThrow();
      await Promise.all([holder.close(), db.close()]);
      ({ server, db } = await start());
      expect(await observe(db), where).toEqual(before);
    }
    await runScript(server.url, up);
    expect(await faultsAfterUpgrade(db, legacy, before, await observe(db))).toEqual([]);
  } finally {
    await db.close();
    await server.stop();
  }
}, 120_000);
