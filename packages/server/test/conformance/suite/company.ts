import { createAttuneClient, type AttuneClient } from '@attune/client';
import type { PackFiles } from '@attune/core';
import type { Database } from '@attune/db';
import { freshDatabase } from '../../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome, type ServerProcess } from '../../../../../testing/server.ts';
import { until } from '../../../../../testing/until.ts';
import { openDirector, type Director } from './director.ts';
import { watchEnds, type Ends } from './ends.ts';
import { openRespondent } from './respondent.ts';

/** The processes that carry a tour out, on a database of their own. */
export interface Company extends AsyncDisposable {
  db: Database;
  /** Speaks to the process that has the API now, once it is ready. */
  client(): Promise<AttuneClient>;
  director: Director;
  ends: Ends;
  /** What the living processes have logged as errors. */
  loggedErrors(): string[];
  /** Kills every process that has a worker and starts it again. */
  loseWorkers(): Promise<void>;
  /** Kills one process and starts it again. Resolves when it is ready. */
  restart(name: string): Promise<void>;
}

/** One process: its services, by a name. The first one has the API. */
export type Cast = Record<string, readonly string[]>;

/** Executions a worker runs at once: an attempt that waits for another one must never keep it from running. */
const slots = '200';

/** @throws what keeps a process from starting; what had started is gone then. */
export async function openCompany(cast: Cast): Promise<Company> {
  const releases: (() => PromiseLike<unknown>)[] = [];
  const release = async () => {
    for (const undo of releases.splice(0).reverse()) await undo();
  };
  const owned = <T extends AsyncDisposable>(resource: T): T => {
    releases.push(() => resource[Symbol.asyncDispose]());
    return resource;
  };
  try {
    const fresh = owned(await freshDatabase());
    const home = owned(await temporaryHome());
    const director = owned(await openDirector(fresh.db));
    const env = {
      DATABASE_URL: fresh.url,
      ATTUNE_WORKER_ENV: 'TOUR_PORT',
      ATTUNE_WORKER_SLOTS: slots,
      ATTUNE_STOP_GRACE_SECONDS: '1',
      TOUR_PORT: String(director.port),
    };
    const running = new Map<string, ServerProcess>();
    releases.push(() => Promise.all([...running.values()].map((server) => server.stop())));
    const start = async (name: string): Promise<ServerProcess> => {
      const server = spawnServer({
        home: home.path,
        services: cast[name] ?? [],
        env: { ...env, ATTUNE_WORKER_NAME: name },
      });
      running.set(name, server);
      await until(`the process '${name}' is ready`, () => {
        if (server.child.exitCode !== null) throw new Error(`The process '${name}' ended:\n${server.output()}`);
        return /\bready\b/.test(server.output());
      });
      return server;
    };
    const [first = '', ...others] = Object.keys(cast);
    const [server] = await Promise.all([first, ...others].map(start));
    if (server === undefined) throw new Error('A company needs a process');
    let api = connect(server, home.path);
    await api;

    const restart = async (name: string): Promise<void> => {
      const restarted = running
        .get(name)
        ?.kill()
        .then(() => start(name));
      if (restarted === undefined) throw new Error(`There is no process '${name}'`);
      if (name === first) api = restarted.then((server) => connect(server, home.path));
      await restarted;
    };
    const client = async () => createAttuneClient(await api);
    owned(openRespondent(fresh.url, director, client));
    return {
      db: fresh.db,
      director,
      ends: owned(watchEnds(fresh.db, fresh.url)),
      client,
      restart,
      loggedErrors: () =>
        [...running.values()].flatMap((server) => server.output().match(/^.*"level":[56]0.*$/gm) ?? []),
      async loseWorkers() {
        const names = Object.keys(cast).filter((name) => cast[name]?.includes('worker') === true);
        await Promise.all(names.map(restart));
      },
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The body of a request that registers a pack. */
export const uploadOf = (files: PackFiles) => ({
  files: [...files].map(([path, { content, mode }]) => ({
    path,
    mode,
    content_base64: Buffer.from(content).toString('base64'),
  })),
});
