import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectionConfig } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';
import pg from 'pg';

/** Durability is PostgreSQL's default. The rest keeps checkpoints and the disk's reads out of the comparison. */
export const settingsToCompare = {
  shared_buffers: '2GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  maintenance_work_mem: '512MB',
  autovacuum: 'off', // what it would do in one layout's turn would be told of the other; the load vacuums by itself
};

/** Gives `body` the URL of a server: the one named, else an embedded one of its own that is gone afterwards. */
export async function withServer(url, settings, body) {
  if (url !== undefined) return body(url);
  const home = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const server = await startEmbedded({ home, settings });
  try {
    return await body(server.url);
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** A connection as every process of Attune has it, which reads values as Attune does. */
export async function connect(url) {
  const client = new pg.Client(connectionConfig(url, 'attune bench'));
  client.on('error', () => undefined); // told by the query that is rejected, too
  await client.connect();
  return client;
}

/** Runs `body` with a connection of its own. */
export async function withClient(url, body) {
  const client = await connect(url);
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

/** Runs `body` with a connection to each of the databases. */
export async function withClients(urls, body) {
  const clients = {};
  try {
    for (const [layout, url] of Object.entries(urls)) clients[layout] = await connect(url);
    return await body(clients);
  } finally {
    await Promise.all(Object.values(clients).map((client) => client.end()));
  }
}

/** Runs `body` with URLs of new databases on the server, dropped afterwards. */
export async function withDatabases(serverUrl, names, body) {
  const urls = Object.fromEntries(
    names.map((name) => [name, databaseUrl(serverUrl, `attune_bench_${process.pid}_${name}`)]),
  );
  try {
    return await body(urls);
  } finally {
    for (const url of Object.values(urls)) {
      await withClient(serverUrl, (admin) => admin.query(`drop database if exists ${nameOf(url)} with (force)`));
    }
  }
}

/** @param template a database to copy, with nobody connected to it. */
export const createDatabase = (serverUrl, url, template = 'template0') =>
  withClient(serverUrl, (admin) =>
    admin.query(`create database ${nameOf(url)} template ${template} strategy file_copy`),
  );

export const nameOf = (url) => new URL(url).pathname.slice(1);

function databaseUrl(serverUrl, name) {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
