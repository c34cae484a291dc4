import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from '../layout/server.mjs';
import { clockOffset } from '../run/clock.mjs';
import { startHost } from '../run/host.mjs';
import { openHttp } from './http.mjs';
import { writePacks } from './pack.mjs';
import { startServer } from './server-process.mjs';
import { watchEndings } from './endings.mjs';

/** A worker for many small executions. */
export const wideWorker = { ATTUNE_WORKER_SLOTS: '500' };

/** A worker that starts a process when an action is to run, and not before. */
export const cold = { ATTUNE_WORKER_PRESTART: 'off' };

const client = path.join(import.meta.dirname, 'client.mjs');
const apiClient = path.join(import.meta.dirname, 'api-client.mjs');
const listeners = path.join(import.meta.dirname, 'listeners.mjs');
const dataFolder = (bench) => path.join(bench.server.home, 'attune');

/** Attune on a database of its own: processes, a client, and a connection that looks on. */
export async function openSite({ url, bench }) {
  const home = dataFolder(bench);
  const looking = await connect(url);
  // it looks every few milliseconds, at a table whose statistics are those of an empty one: not by reading all of it
  await looking.query('set enable_seqscan = off');
  const offset = await clockOffset(looking);
  const token = async () => JSON.parse(await readFile(path.join(home, 'cli-token.json'), 'utf8')).token;
  const closing = [];
  const started = async (opened, close) => {
    const one = await opened;
    closing.push(() => close(one));
    return one;
  };
  const site = {
    /** A connection for looking on. */
    client: looking,
    /** How far the database's clock is ahead of this machine's own, in milliseconds. */
    offset,
    endings: watchEndings(looking, offset),
    /** Starts services in one process; the same folder for all. `onStart` is called with the time when an action of it starts. */
    start: (services, env = {}, onStart) =>
      started(startServer(services, { ATTUNE_HOME: home, DATABASE_URL: url, ...env }, onStart), (server) =>
        server.stop(),
      ),
    /** A process that asks for executions as the API does. */
    host: () => started(startHost({ module: client, url }), (host) => host.close()),
    /** A process that asks for executions through the API. */
    async apiHost(api) {
      const address = new URL(api.url);
      address.username = 'local';
      address.password = await token();
      return started(startHost({ module: apiClient, url: address.href }), (host) => host.close());
    },
    /** Speaks to the API as the local administrator. */
    async http(api, connections = 1) {
      return started(openHttp(api.url, await token(), connections), (http) => http.close());
    },
    /** A client of the notifier for each list of filters, all in one process. */
    async listen(notifier, filters) {
      const host = await started(startHost({ module: listeners, url }), (one) => one.close());
      await host.call('listen', { url: notifier, token: await token(), filters });
    },
    /** Stops all that was started, the last at first; what does not stop well is told when the rest has stopped. */
    async stopServices() {
      const failures = [];
      for (const close of closing.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
    close: () => site.stopServices().finally(() => looking.end()),
  };
  return site;
}

/** Runs `body` with a site, which is closed afterwards. */
export async function withSite(given, body) {
  const site = await openSite(given);
  try {
    return await body(site);
  } finally {
    await site.close();
  }
}

const preparedWith =
  (packs) =>
  ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const http = await site.http(await site.start(['api']));
      const folders = await writePacks(dataFolder(bench));
      for (const pack of packs) await http.post('/api/v1/packs/register', { path: folders[pack], force: true });
    });

/** Attune as the cases know it: a migrated database with the bench's pack in it. */
export const attune = { name: 'attune', schema: 'attune', prepare: preparedWith(['bench']) };

/** The same with the actions that warm runners carry out. */
export const attuneWarm = { name: 'attune-warm', schema: 'attune', prepare: preparedWith(['bench', 'warm']) };
