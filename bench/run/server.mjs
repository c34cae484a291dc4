import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbedded } from '@attune/db/embedded';
import { nameOf, withClient } from '../layout/server.mjs';

/** The same for all contenders. Durability is PostgreSQL's default; the sizes keep checkpoints apart from what is measured. */
const settings = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  max_connections: '300',
};

const asked = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  ...Object.keys(settings),
];

/** A PostgreSQL of the bench's own, and a folder for whatever the contenders keep on disk. Both are gone after `close`. */
export async function openServer() {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const server = await startEmbedded({ home: path.join(home, 'server'), settings });
  let number = 0;
  const named = (name) => {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const administer = (statement) => withClient(server.url, (client) => client.query(statement));
  const close = async () => {
    await server.stop();
    process.off('exit', endToo);
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  };
  // the database server is a process that would outlive this one, however this one ends
  const endToo = () => {
    process.kill(server.pid, 'SIGQUIT');
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', endToo);
  let closed;
  return {
    home,
    pid: server.pid,
    /** An empty database, or a copy of `template`, to which nobody is connected. Copying files ends in a checkpoint, so every turn
     *  begins right after one. */
    async create(template = 'template0') {
      const name = `bench_${++number}`;
      await administer(`create database ${name} template ${template} strategy file_copy`);
      return named(name);
    },
    drop: (url) => administer(`drop database if exists ${nameOf(url)} with (force)`),
    nameOf,
    /** Settings that matter to who compares. */
    settings: () =>
      withClient(server.url, async (client) => {
        const { rows } = await client.query('select name, setting, unit from pg_settings where name = any($1)', [
          asked,
        ]);
        return Object.fromEntries(rows.map(({ name, setting, unit }) => [name, `${setting}${unit ?? ''}`]));
      }),
    close: () => (closed ??= close()),
  };
}
