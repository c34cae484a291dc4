import type { Database, Tx } from '@attune/db';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { attemptProcesses } from '../attempt-processes.ts';
import { violationsIn } from './checks/index.ts';
import { clientOf } from './client.ts';
import { logOf, openCompany } from './company.ts';
import { readRows, readTraces, type Evidence } from './evidence.ts';
import { processNames, type FaultKind } from './fault.ts';
import { temporaryFolder } from './folder.ts';
import { heal, inject, type World } from './inject.ts';
import type { AcceptedWork, Journal } from './journal.ts';
import { startLoad } from './load.ts';
import type { Operation } from './operation.ts';
import { packBody } from './pack.ts';
import { whileItMoves } from './patience.ts';
import type { Plan } from './plan.ts';
import type { Postgres } from './postgres.ts';
import { startRespondent } from './respondent.ts';
import { settle } from './settle.ts';

/** Most processes that may end before all are ready. */
const mostFalseStarts = 10;
/** Longest the processes have to stop when asked. */
const stopMs = 30_000;
/** Longest an action may leave something running that it may leave: the mode `leave` of pack/actions/step.sh. */
const leaveMs = 5_000;

export interface Outcome {
  /** By check, each in one sentence. */
  violations: { check: string; what: string }[];
  evidence: Evidence;
  /** Milliseconds from the end of the faults until everything was over. */
  settledMs: number;
  /** What each process logged, kept for a failure. */
  logs: Record<string, string>;
}

export interface PlayOptions {
  /** What disturbs the run; resolves when the load may end. What had an effect is counted by kind. */
  disturb: (world: World) => Promise<Map<FaultKind, number>>;
  operations: readonly Operation[];
  /** Done when all has come to its end and every process has stopped. For tests of the checks. */
  examine?: (remains: Remains) => Promise<void>;
}

/** What a run leaves. */
export interface Remains {
  db: Database;
  home: string;
  /** The folder of the traces. */
  effects: string;
  /** Looks at all of it, as `tx` sees the rows. */
  evidence: (tx: Tx) => Promise<Evidence>;
}

/** Plays a plan: its load, disturbed by its faults. */
export const playPlan = (postgres: Postgres, plan: Plan): Promise<Outcome> =>
  play(postgres, {
    operations: plan.operations,
    async disturb(world) {
      const injection = inject(world, plan.faults);
      await Promise.all([injection.done, pause(plan.seconds * 1_000)]);
      return injection.effects;
    },
  });

/** Starts the processes on a database of their own, plays the load, heals everything, waits for the end of all work, and looks at what
 *  is left. */
export async function play(postgres: Postgres, { operations, disturb, examine }: PlayOptions): Promise<Outcome> {
  await using folder = await temporaryFolder('attune-faults-');
  const home = folder.path;
  const effects = join(home, 'effects');
  await mkdir(effects);
  const database = await postgres.freshDatabase();
  const db = database.open();
  const company = await openCompany({ home, databaseUrl: database.url, port: () => postgres.port(), effects });
  const client = clientOf(() => company.api());
  const world: World = { company, postgres, db, client, clockSeconds: 0, listeners: [] };
  try {
    const failed = () => company.exits().length > mostFalseStarts;
    const isOver = await whileItMoves(() => (company.areReady() || failed() ? 'done' : String(company.exits().length)));
    if (!isOver || failed()) {
      throw new Error(`The processes do not start: ${company.exits().at(-1)?.log ?? 'they say nothing'}`);
    }
    await client.surely('POST', '/api/v1/packs/register', packBody('first'));

    const load = startLoad(client, operations);
    const respondent = startRespondent(client, load.journal);
    const faults = await disturb(world);
    heal(world);
    const healedAt = performance.now();
    await load.finish();
    const stuck = await settle(db);
    const settledMs = performance.now() - healedAt;
    await respondent.stop();
    client.close();
    const lingering = await company.dismiss(stopMs);
    for (const listener of world.listeners) listener.destroy();
    const leftovers = await leftoversIn(home);
    const evidenceIn = async (tx: Tx): Promise<Evidence> => ({
      ...{ journal: load.journal, traces: readTraces(effects), leftovers, exits: [...company.exits()] },
      stuck: [...stuck, ...lingering.map((name) => ({ what: `process ${name}`, reason: 'it was asked to stop' }))],
      faults: { ...Object.fromEntries(faults), ...faultsOfLoad(load.journal) },
      ...(await readRows(tx)),
    });
    const evidence = await evidenceIn(db);
    await examine?.({ db, home, effects, evidence: evidenceIn });
    const logs = Object.fromEntries(
      await Promise.all(processNames.map(async (name) => [name, await logOf(home, name)] as const)),
    );
    return { violations: violationsIn(evidence), evidence, settledMs, logs };
  } finally {
    client.close();
    await company[Symbol.asyncDispose]();
    await db.close();
    await database.drop();
  }
}

/** Processes of attempts that stay, though every worker has stopped. */
async function leftoversIn(home: string): Promise<string[]> {
  const deadline = performance.now() + leaveMs;
  for (;;) {
    const left = await attemptProcesses(home);
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(100);
  }
}

/** How often the properties of the load that count as faults occurred. */
function faultsOfLoad({ accepted }: Journal): Partial<Record<FaultKind, number>> {
  const count = (wanted: (operation: AcceptedWork['operation']) => boolean) =>
    accepted.filter(({ operation }) => wanted(operation)).length;
  const counts = {
    duplicate: count(({ copies }) => copies > 1),
    poison: count((one) => one.kind === 'step' && one.mode !== 'ok'),
    payload: count((one) => one.kind === 'hook' && one.bytes > 1_000_000),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, times]) => times > 0));
}
