import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase, sql } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';

/** Durability is PostgreSQL's default, and so is all else but what keeps checkpoints apart. */
const settings = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '15min' };

/** Gives `body` the URL and the version of a server: the one named, else an embedded one of its own that is gone afterwards. */
export async function withServer(url, body) {
  if (url !== undefined) return body(url, await versionOf(url));
  const home = await mkdtemp(path.join(tmpdir(), 'attune-growth-'));
  const server = await startEmbedded({ home, settings });
  try {
    return await body(server.url, await versionOf(server.url));
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Runs `body` with the URL of a new database on the server, dropped afterwards. */
export async function withDatabase(serverUrl, body) {
  const url = new URL(serverUrl);
  url.pathname = `/attune_growth_${process.pid}`;
  const name = url.pathname.slice(1);
  await administer(serverUrl, `create database ${name} template template0`);
  try {
    return await body(url.href);
  } finally {
    await administer(serverUrl, `drop database ${name} with (force)`);
  }
}

const administer = (url, statement) => withConnection(url, (db) => db.run(sql.raw(statement)));

const versionOf = (url) =>
  withConnection(url, async (db) => (await db.one(sql`select current_setting('server_version') as version`)).version);

async function withConnection(url, body) {
  const db = openDatabase(url, { max: 1 });
  try {
    return await body(db);
  } finally {
    await db.close();
  }
}
