import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatMs, heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';
import { watchUnused } from '../stop-connections.ts';
import { watchInstallation } from '../metrics/installation.ts';
import { ensureAdmin } from './auth/first-start.ts';
import { ensureLocalToken } from './auth/local-token.ts';
import { passwords as makePasswords } from './auth/password.ts';
import { buildApi } from './build.ts';

export interface RunningApi {
  url: string;
  /** Set by the very first start: the password of `admin`. */
  firstPassword: string | undefined;
  stop: Stop;
}

/** Starts the API on a port (0: any). Any number may run on one database; each host's data folder gets a token for its own CLI. */
export async function startApi(deps: Deps, port: number): Promise<RunningApi> {
  const { db, bell, secrets, config, metrics } = deps;
  const log = deps.log.child({ service: 'api' });
  const passwords = makePasswords();
  const firstPassword = await ensureAdmin(db, passwords);

  let url = '';
  const publicUrl = () => config.publicUrl ?? url;
  let stopping = false;
  const isStopping = () => stopping;
  const { app } = await buildApi(
    { db, bell, log, secrets, metrics, now: () => new Date(), isStopping, url: publicUrl },
    passwords,
  );
  watchInstallation(metrics, db);
  const endUnused = watchUnused(app.server);
  await app.listen({ host: config.host, port });
  try {
    url = urlOf(config.host, (app.server.address() as AddressInfo).port);
    await ensureLocalToken(db, config.home, url);
    const heartbeat = heartbeatOf(deps.pulse, 'api', { url });
    await heartbeat.beat();
    const beating = startLoop({
      name: 'the API',
      log,
      pollMs: heartbeatMs,
      pass: async () => {
        await heartbeat.beat();
        return undefined;
      },
    });
    const stop = async () => {
      stopping = true;
      await drained(app.server);
      await beating.stop();
      endUnused();
      await app.close();
      await heartbeat.leave();
    };
    return { url, firstPassword, stop };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Milliseconds for which a stopping API goes on answering clients that keep their connections: each is told to close its own with the
 *  next answer, and health is 503, so that whoever shares out requests goes elsewhere. */
const drainMs = 2_000;

/** Waits until nobody is connected any more. */
async function drained(server: Server): Promise<void> {
  const until = performance.now() + drainMs;
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  while (performance.now() < until && (await connections()) > 0) await pause(20);
}

/** The address to reach it at from this machine: one that means 'all addresses' is none to connect to. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
