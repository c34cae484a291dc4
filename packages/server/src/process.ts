import { mkdirSync } from 'node:fs';
import {
  migrate,
  openDatabase,
  openDoorbell,
  pulseTimeouts,
  triggers,
  workTimeouts,
  type Database,
  type ServiceName,
} from '@attune/db';
import { pino } from 'pino';
import { readConfig, type Config } from './config.ts';
import type { Deps, Stop } from './deps.ts';
import { loadPacks } from './load-packs.ts';
import { watchProcess } from './metrics/process.ts';
import { createMetrics } from './metrics/registry.ts';
import { loadSecretKey, type SecretKey } from './secret-key.ts';
import { claimPort, removeServerFile, writeServerFile } from './server-file.ts';

/** The services in the order they start; they stop in the opposite one. The API comes last: it answers when work can be done. */
export const serviceNames = ['supervisor', 'executor', 'worker', 'notifier', 'api'] as const satisfies ServiceName[];

export interface RunningServer {
  /** Address of the API, where it is among the services. */
  url: string | undefined;
  /** Set by the very first start: the password of the identity `admin`, which is not kept anywhere in clear. */
  firstPassword: string | undefined;
  home: string;
  /** Interpreters that were not found, e.g. `python`: actions that need them wait. */
  missingRuntimes: readonly string[];
  stop: Stop;
}

/** Starts the database where none is given, brings its schema up to date and starts the services. Whatever is acquired pushes
 *  its release onto a list; a failed start gives back what it had taken. */
export async function startServer(
  services: readonly ServiceName[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningServer> {
  const config = readConfig(env);
  const log = pino({ level: config.logLevel, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
  mkdirSync(config.home, { recursive: true, mode: 0o700 });

  const releases: Stop[] = [];
  const release = async () => {
    for (const undo of releases.splice(0).reverse()) {
      await undo().catch((error: unknown) => log.error({ err: error }, 'Something did not stop cleanly'));
    }
  };
  try {
    const port = services.includes('api') ? await claimPort(config) : undefined;
    loadAhead(services);
    const secrets = loadSecretKey(config.home, config.secretKey);
    const db = await openMigratedDatabase(config, secrets, log, releases);
    const bell = openDoorbell(db.url, (error) =>
      log.warn({ err: error }, 'The doorbell lost its connection; polling goes on'),
    );
    releases.push(() => bell.close());
    const pulse = openDatabase(db.url, {
      applicationName: 'attune pulse',
      avoidScans: true,
      max: 2,
      timeouts: pulseTimeouts,
      onIdleError: (error) => log.warn({ err: error }, 'A connection for heartbeats broke; it is replaced'),
    });
    releases.push(() => pulse.close());
    const metrics = createMetrics();
    const endWatch = watchProcess(metrics, { db, pulse, bell });
    releases.push(() => {
      endWatch();
      return Promise.resolve();
    });
    if (config.metricsPort !== undefined) {
      const { listenForMetrics } = await import('./metrics/listener.ts');
      releases.push(await listenForMetrics(metrics, config.host, config.metricsPort, log));
    }
    const deps: Deps = { db, pulse, bell, log, config, secrets, metrics };
    return await startServices(services, deps, port, releases, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** Reads the code of the services while the database starts, which is another process's work. What cannot be read is told where it is
 *  needed. */
function loadAhead(services: readonly ServiceName[]): void {
  const code = {
    supervisor: () => import('./supervisor/supervisor.ts'),
    executor: () => import('./executor/executor.ts'),
    worker: () => import('./worker/worker.ts'),
    notifier: () => import('./notifier/notifier.ts'),
    api: () => import('./api/api.ts'),
  } satisfies Record<(typeof serviceNames)[number], () => Promise<unknown>>;
  for (const name of serviceNames) if (services.includes(name)) void code[name]().catch(() => undefined);
}

async function openMigratedDatabase(
  config: Config,
  secrets: SecretKey,
  log: Deps['log'],
  releases: Stop[],
): Promise<Database> {
  let url = config.databaseUrl;
  if (url === undefined) {
    const { startEmbedded } = await import('@attune/db/embedded');
    const embedded = await startEmbedded({ home: config.home });
    releases.push(() => embedded.release());
    url = embedded.url;
  }
  const applied = await migrate(url);
  if (applied.length > 0) log.info({ applied }, 'Migrated the database');
  const db = openDatabase(url, {
    avoidScans: true,
    max: config.poolSize,
    timeouts: workTimeouts,
    vault: secrets,
    onIdleError: (error) => log.warn({ err: error }, 'A database connection broke; the pool replaces it'),
  });
  releases.push(() => db.close());
  const sealed = await triggers.anySealed(db);
  if (sealed !== undefined) secrets.open(sealed); // throws where this host has another key than the database's secrets
  return db;
}

async function startServices(
  services: readonly ServiceName[],
  deps: Deps,
  port: number | undefined,
  releases: Stop[],
  release: Stop,
): Promise<RunningServer> {
  const { config, db, log } = deps;
  let url: string | undefined;
  let firstPassword: string | undefined;
  let missingRuntimes: readonly string[] = [];
  const wanted = serviceNames.filter((name) => services.includes(name));
  if (port !== undefined) await loadPacks(deps);
  for (const name of wanted) {
    switch (name) {
      case 'supervisor':
        releases.push(await (await import('./supervisor/supervisor.ts')).startSupervisor(deps));
        break;
      case 'executor':
        releases.push(await (await import('./executor/executor.ts')).startExecutor(deps));
        break;
      case 'notifier':
        releases.push(await startNotifierService(deps));
        break;
      case 'worker': {
        const worker = await (await import('./worker/worker.ts')).startWorker(deps);
        missingRuntimes = worker.missingRuntimes;
        releases.push(() => worker.stop());
        break;
      }
      case 'api': {
        const { startApi } = await import('./api/api.ts');
        const api = await startApi(deps, port ?? config.port);
        url = api.url;
        firstPassword = api.firstPassword;
        releases.push(() => api.stop());
        break;
      }
    }
  }
  if (url !== undefined) {
    await writeServerFile(config.home, { url, database_url: db.url });
    releases.push(() => removeServerFile(config.home));
  }
  log.info({ services: wanted, url }, 'Attune is ready');
  return { url, firstPassword, home: config.home, missingRuntimes, stop: release };
}

/** A client that may read executions, events, enforcements and inquiries is told of them. */
async function startNotifierService(deps: Deps): Promise<Stop> {
  const [{ startNotifier }, { tokenCheck }] = await Promise.all([
    import('./notifier/notifier.ts'),
    import('./api/auth/token-check.ts'),
  ]);
  const check = tokenCheck(deps.db, deps.secrets);
  return startNotifier(deps, async (token) => {
    const may = await Promise.all(
      (['executions:read', 'events:read', 'enforcements:read', 'inquiries:read'] as const).map((permission) =>
        check(token, permission),
      ),
    );
    return may.every(Boolean);
  });
}
