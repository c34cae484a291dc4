import { AttuneError, builtinRuntime } from '@attune/core';
import { breakPoint, executionQueue, services, workers, type Database } from '@attune/db';
import { abandonWorker, claim, renew, type ClaimedExecution } from '@attune/engine';
import { closeSync, mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatMs, heartbeatOf } from '../heartbeat.ts';
import { startLoop, type Loop } from '../loop.ts';
import { startBuiltinLoop } from './builtin-loop.ts';
import { carrierOf } from './carry-out.ts';
import { baseEnvironment } from './environment.ts';
import { endFormerSelf } from './former-self.ts';
import { heldBook, type HeldBook, type HeldLane } from './held.ts';
import { findInterpreters, runtimesOf } from './interpreters.ts';
import { lostAnswers } from './lost-answer.ts';
import { takeName, type WorkerName } from './name.ts';
import { watchRunners } from './runner-metrics.ts';
import { openPipes, type Pipes } from './pipes.ts';
import { queueView } from './queue-view.ts';
import { openReporter } from './reporter.ts';
import { runsAtOnce } from './run.ts';
import { openRunners, warmLimits } from './runner/index.ts';

export interface RunningWorker {
  name: string;
  /** Runtimes whose interpreter this host does not have: actions that need them wait for another worker. */
  missingRuntimes: readonly string[];
  stop: Stop;
}

/** Longest time a lost doorbell can delay work, in milliseconds. */
const pollMs = 1_000;

/** Most built-ins in hand at once: they run inside the worker and take none of its slots. */
const mostBeside = 1_000;

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

async function startUnder(self: WorkerName, { db, pulse, bell, log, config, metrics }: Deps): Promise<RunningWorker> {
  const former = await endFormerSelf(self.folder);
  breakPoint('worker.former_ended');
  const scratch = join(self.folder, 'attempts');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { mode: 0o700 });
  const base = baseEnvironment(process.env, config.workerEnv);
  const interpreters = await findInterpreters(base['PATH'] ?? '');
  const runtimes = runtimesOf(interpreters);
  const everything = [...runtimes, builtinRuntime];
  const pipes = openPipes(join(self.folder, 'pipes'));
  await provePipes(pipes);
  const runners = openRunners({
    ...{ interpreters, pipes, scratch, folder: self.folder, baseEnvironment: base },
    prestart: config.workerPrestart,
    warm: warmLimits(config.workerWarm),
  });

  const heartbeat = heartbeatOf(db, 'worker', { name: self.name });
  const { instance } = heartbeat;
  const register = () => workers.register(pulse, { name: self.name, host: hostname(), instance, runtimes: everything });
  const { id } = await register();
  breakPoint('worker.registered');
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
  const left = await workers.takeLeft(pulse, id);
  // what was given up waits before the places
  const viewFor = (isMine: (runtime: string) => boolean) =>
    queueView({
      left: former + abandoned > 0 ? [] : left.filter((one) => isMine(one.runtime)),
      now: performance.now(),
    });
  const queue = viewFor((runtime) => runtime !== builtinRuntime);
  const builtins = viewFor((runtime) => runtime === builtinRuntime);
  const viewOf = (runtime: string) => (runtime === builtinRuntime ? builtins : queue);
  const laneOf = (runtime: string): HeldLane => (runtime === builtinRuntime ? 'beside' : 'slot');
  const runtimesIn = (lane: HeldLane): readonly string[] => (lane === 'beside' ? [builtinRuntime] : runtimes);
  const runAtOnce = runsAtOnce(db.vault);
  const lost = lostAnswers(db, id, (execution) => held.has(execution));

  const take = (claimed: readonly ClaimedExecution[], askedAt: number) => {
    for (const execution of claimed) {
      if (lost.isHandedBack(execution.lease_token)) continue;
      const lease = { execution: execution.id, lease_token: execution.lease_token };
      held.add(lease, laneOf(execution.runtime), askedAt, (one) => carryOut(execution, one));
    }
  };

  const suspect = () => {
    lost.suspect();
    claimLoop.wake();
  };

  const reporter = openReporter({
    db,
    bell,
    // the place of an attempt that has ended goes to a task that follows, unless somebody else waits for it
    handOver(reports) {
      const given = { slot: 0, beside: 0 };
      for (const { execution } of reports) given[held.laneOf(execution) ?? 'slot'] += stopping ? 0 : 1;
      const open = (runtime: string) => viewOf(runtime).isDrained(runtime);
      return {
        worker: id,
        ...(!stopping && open(builtinRuntime) ? { runAtOnce } : {}),
        lanes: [
          { runtimes: runtimes.filter(open), limit: given.slot },
          { runtimes: [builtinRuntime].filter(open), limit: given.beside },
        ],
      };
    },
    onHandedOver: take,
    onUnknown: suspect,
  });
  const apiUrl = apiUrlOf(db, config);
  const carryOut = carrierOf({
    db,
    reporter,
    log,
    interpreters,
    runners,
    cache: join(config.home, 'cache', 'packs'),
    baseEnvironment: base,
    stopGraceSeconds: config.stopGraceSeconds,
    apiUrl,
    isStopping: () => stopping,
  });
  const lostLeases = metrics.counter('attune_leases_lost_total', {
    help: 'Leases that this worker lost: it could not renew them in time, or the database gave the work to somebody else',
  });
  const held = heldBook(
    (execution, reason) => {
      lostLeases.add();
      log.error({ execution, reason }, 'A lease is lost; the processes of the attempt are ended');
    },
    // where nothing waited when last looked, a place that is free again is no reason to look
    (lane) => {
      if (!runtimesIn(lane).every((runtime) => viewOf(runtime).isDrained(runtime))) loopOf(lane).wake();
    },
  );

  /** Built-ins are taken by the hundred: a transaction for each place that is free again would cost more than they. */
  const roomForBuiltins = (): number => {
    const room = mostBeside - held.size('beside');
    return room >= mostBeside / 2 && self.isHeld() && !stopping ? room : 0;
  };
  const rotate = rotation();

  metrics.read(
    'attune_worker_slots',
    { type: 'gauge', help: 'Slots of this worker by state', labels: ['state'] },
    () => [
      [held.size('slot'), 'in_use'],
      [Math.max(0, config.workerSlots - held.size('slot')), 'free'],
    ],
  );
  watchRunners(metrics, () => runners.stats());

  const claimLoop = startLoop({
    name: 'the worker',
    log,
    pollMs,
    async pass() {
      await heartbeat.beat();
      if (!self.isHeld()) return undefined; // having the name again wakes the loop
      const askedAt = performance.now();
      const again = await lost.look(askedAt);
      const limit = Math.max(0, config.workerSlots - held.size('slot'));
      void apiUrl(); // asked beside the claim, so that no attempt waits for the answer
      const claimed = await claim(db, {
        ...{ worker: id, runtimes: rotate(runtimes), limit, after: queue.places(askedAt) },
      }).catch((error: unknown) => {
        lost.suspect();
        throw error;
      });
      queue.note([{ runtimes, limit }], claimed, performance.now() - askedAt);
      take(claimed, askedAt);
      if (claimed.length > 0) {
        await new Promise((resolve) => setImmediate(resolve)); // they start first
        bell.ring('change');
      }
      // a place that is free again wakes the loop
      if (!runtimes.some((runtime) => queue.isDrained(runtime))) return again;
      const seconds = await executionQueue.nextDue(db, runtimes);
      return seconds === null ? again : Math.min(Math.ceil(seconds * 1_000), again ?? Infinity);
    },
  });

  const builtinLoop = startBuiltinLoop({
    ...{ db, bell, log, worker: id, pollMs, queue: builtins, runAtOnce, room: roomForBuiltins },
    ...{ onClaimed: take, onUnknown: suspect },
  });
  const loopOf = (lane: HeldLane): Loop => (lane === 'beside' ? builtinLoop : claimLoop);

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
        wakeAll();
      }
      await workers.beat(pulse, id, instance);
      return self.isHeld() && allRenewed ? undefined : againMs;
    },
  });
  const staleTimer = setInterval(() => held.dropStale(performance.now()), staleLookMs);
  const wakeAll = () => {
    builtinLoop.wake();
    claimLoop.wake();
  };
  const off = [
    bell.on('execution', wakeAll),
    bell.on('builtin', () => builtinLoop.wake()),
    bell.on('process', () => claimLoop.wake()),
    bell.on('cancel', () => leaseLoop.wake()),
  ];

  return {
    name: self.name,
    missingRuntimes: ['shell', 'python'].filter((runtime) => !runtimes.some((one) => one === runtime)),
    async stop() {
      stopping = true;
      for (const leave of off) leave();
      await Promise.all([claimLoop.stop(), builtinLoop.stop()]);
      breakPoint('worker.draining');
      const unfinished = await drain(held, config.stopGraceSeconds);
      await leaseLoop.stop();
      clearInterval(staleTimer);
      await runners.close();
      await pipes.close();
      try {
        if (unfinished > 0) await abandonAll();
        const places = [queue, builtins].flatMap((view) => view.left(performance.now()));
        await workers.leave(db, id, instance, unfinished > 0 ? [] : places);
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

/** Milliseconds for which the address of a living API is taken to be its address, and for which it is taken that there is none. */
const apiUrlMs = { known: 5_000, unknown: 500 };

/** Where actions reach the API: as configured, else as a living one says. Unknown is no reason to fail. */
function apiUrlOf(db: Database, { publicUrl }: Config): () => Promise<string | undefined> {
  let known: { url: Promise<string | undefined>; until: number } | undefined;
  const ask = async (): Promise<string | undefined> => {
    if (publicUrl !== undefined) return publicUrl;
    const living = await services.living(db).catch(() => []);
    return living.find((one) => one.service === 'api')?.url ?? undefined;
  };
  return () => {
    if (known === undefined || performance.now() >= known.until) {
      const asked = { url: ask(), until: Infinity };
      known = asked;
      void asked.url.then((url) => {
        asked.until = performance.now() + apiUrlMs[url === undefined ? 'unknown' : 'known'];
      });
    }
    return known.url;
  };
}

/** Each time the same list, begun one place further on: of runtimes that share a limit none comes first for ever. */
function rotation(): <T>(list: readonly T[]) => T[] {
  let turn = 0;
  return (list) => {
    turn += 1;
    const at = list.length === 0 ? 0 : turn % list.length;
    return [...list.slice(at), ...list.slice(0, at)];
  };
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
