import { AttuneError } from '@attune/core';
import { executionQueue, services, workers, type Database } from '@attune/db';
import { abandonWorker, claim, renew } from '@attune/engine';
import { closeSync, mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatMs, heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';
import { carrierOf } from './carry-out.ts';
import { baseEnvironment } from './environment.ts';
import { endFormerSelf } from './former-self.ts';
import { heldBook, type HeldBook } from './held.ts';
import { findInterpreters, runtimesOf } from './interpreters.ts';
import { takeName, type WorkerName } from './name.ts';
import { openPipes, type Pipes } from './pipes.ts';

export interface RunningWorker {
  name: string;
  /** Runtimes whose interpreter this host does not have: actions that need them wait for another worker. */
  missingRuntimes: readonly string[];
  stop: Stop;
}

/** Longest time a lost doorbell can delay work, in milliseconds. */
const pollMs = 1_000;

/** How soon what could not be renewed is asked for again, in milliseconds: a lease whose row was locked, or the worker's name, without
 *  which nothing new is claimed. */
const againMs = 500;

/** How often leases are looked at that could not be renewed, in milliseconds. */
const staleLookMs = 1_000;

/** The worker claims executions that it has the runtimes for, runs them and reports how they ended. Any number may run, on any host:
 *  each holds what it claimed by leases that it renews. */
export async function startWorker(deps: Deps): Promise<RunningWorker> {
  const { db, config } = deps;
  const self = await takeName(db.url, config.home, config.workerName);
  try {
    return await startUnder(self, { ...deps, log: deps.log.child({ service: 'worker', worker: self.name }) });
  } catch (error) {
    await self.release();
    throw error;
  }
}

async function startUnder(self: WorkerName, { db, pulse, bell, log, config }: Deps): Promise<RunningWorker> {
  const former = await endFormerSelf(self.folder);
  const scratch = join(self.folder, 'attempts');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { mode: 0o700 });
  const base = baseEnvironment(process.env, config.workerEnv);
  const interpreters = await findInterpreters(base['PATH'] ?? '');
  const runtimes = runtimesOf(interpreters);
  const pipes = openPipes(join(self.folder, 'pipes'));
  await provePipes(pipes);

  const heartbeat = heartbeatOf(db, 'worker', { name: self.name });
  const { instance } = heartbeat;
  const register = () => workers.register(pulse, { name: self.name, host: hostname(), instance, runtimes });
  const { id } = await register();
  const abandonAll = async (): Promise<number> => {
    const abandoned = await abandonWorker(db, id, (execution, error) =>
      log.error({ err: error, execution }, 'An execution could not be given up; its lease will run out'),
    );
    if (abandoned > 0) bell.ring('execution', 'event', 'cancel', 'change');
    return abandoned;
  };
  const abandoned = await abandonAll();
  if (former + abandoned > 0) log.warn({ former, abandoned }, 'Ended what a former life of this worker left running');

  let stopping = false;
  const carryOut = carrierOf({
    db,
    bell,
    log,
    interpreters,
    pipes,
    scratch,
    folder: self.folder,
    cache: join(config.home, 'cache', 'packs'),
    baseEnvironment: base,
    stopGraceSeconds: config.stopGraceSeconds,
    apiUrl: () => apiUrlOf(db, config),
    isStopping: () => stopping,
  });
  const held = heldBook(
    (execution, reason) => log.error({ execution, reason }, 'A lease is lost; the processes of the attempt are ended'),
    () => claimLoop.wake(),
  );

  const claimLoop = startLoop({
    name: 'the worker',
    log,
    pollMs,
    async pass() {
      await heartbeat.beat();
      const free = config.workerSlots - held.size();
      if (free <= 0 || !self.isHeld()) return undefined; // a slot that is free again, or the name, wakes the loop
      const askedAt = performance.now();
      const claimed = await claim(db, { worker: id, runtimes, limit: free });
      for (const execution of claimed) {
        const lease = { execution: execution.id, lease_token: execution.lease_token };
        held.add(lease, askedAt, (one) => carryOut(execution, one));
      }
      if (claimed.length > 0) bell.ring('change');
      const seconds = await executionQueue.nextDue(db, runtimes);
      return seconds === null ? undefined : Math.ceil(seconds * 1_000);
    },
  });

  const leaseLoop = startLoop({
    name: "the worker's leases",
    log,
    pollMs: heartbeatMs,
    async pass() {
      const askedAt = performance.now();
      const leases = held.all().map((one) => one.lease);
      const states = await renew(pulse, { worker: id, leases });
      held.apply(states, askedAt);
      const allRenewed = states.every((one) => one.renewed || one.state === 'lost');
      if (await self.holdAgain()) {
        await register();
        claimLoop.wake();
      }
      await workers.beat(pulse, id, instance);
      return self.isHeld() && allRenewed ? undefined : againMs;
    },
  });
  const staleTimer = setInterval(() => held.dropStale(performance.now()), staleLookMs);
  const off = [bell.on('execution', () => claimLoop.wake()), bell.on('cancel', () => leaseLoop.wake())];

  return {
    name: self.name,
    missingRuntimes: ['shell', 'python'].filter((runtime) => !runtimes.some((one) => one === runtime)),
    async stop() {
      stopping = true;
      for (const leave of off) leave();
      await claimLoop.stop();
      const unfinished = await drain(held, config.stopGraceSeconds);
      await leaseLoop.stop();
      clearInterval(staleTimer);
      pipes.close();
      try {
        if (unfinished > 0) await abandonAll();
        await workers.leave(db, id, instance);
        await heartbeat.leave();
      } finally {
        await self.release();
      }
    },
  };
}

/** Where there can be no pipes, the worker says so when it starts, not at each action. */
async function provePipes(pipes: Pipes): Promise<void> {
  try {
    const { readFd, writeFd } = await pipes.take();
    for (const fd of [readFd, writeFd]) closeSync(fd);
  } catch (error) {
    throw new AttuneError(
      'configuration',
      "A worker needs the program 'mkfifo', and a data folder that can hold pipes",
      {
        cause: error,
      },
    );
  }
}

/** Where actions reach the API: as configured, else as a living one says. Unknown is no reason to fail. */
async function apiUrlOf(db: Database, { publicUrl }: Config): Promise<string | undefined> {
  if (publicUrl !== undefined) return publicUrl;
  const living = await services.living(db).catch(() => []);
  return living.find((one) => one.service === 'api')?.url ?? undefined;
}

/** Lets what runs end by itself for the grace, then stops it.
 *  @returns how many attempts did not end by themselves: `on_worker_lost` says what becomes of them. */
async function drain(held: HeldBook, graceSeconds: number): Promise<number> {
  const allDone = () => Promise.all(held.all().map((one) => one.done));
  const within = (ms: number) => Promise.race([allDone(), pause(ms, undefined, { ref: false })]);
  await within(graceSeconds * 1_000);
  const unfinished = held.all().filter((one) => !one.isReporting);
  for (const one of unfinished) {
    one.isAbandoned = true;
    one.cancelled.abort();
  }
  await within((graceSeconds + 5) * 1_000);
  for (const one of held.all()) one.lost.abort();
  await allDone();
  return unfinished.length;
}
