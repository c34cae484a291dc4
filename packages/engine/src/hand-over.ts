import { builtinRuntime, type Id } from '@attune/core';
import type { LogPiece, NewExecution, RanExecution, Tx } from '@attune/db';
import { endAtOnce, type RunAtOnce } from './at-once.ts';
import { definitionsOf, keptDefinition } from './definition.ts';

/** A worker that takes the next tasks as they are created, in the places of those whose end it reports. */
export interface HandOver {
  worker: Id;
  /** Most tasks it takes, by runtime; runtimes of one lane share its number. */
  lanes: readonly { runtimes: readonly string[]; limit: number }[];
  /** Runs those that only compute while they are created: what follows from their end follows in the same transaction.
   *  @default none is run so */
  runAtOnce?: RunAtOnce;
}

/** Most tasks of one transaction that are run while they are created, and most that follow from each other: the runs that they belong to
 *  are locked meanwhile. Those that come after are handed over. */
const mostAtOnce = 500;
const longestAtOnce = 50;

/** A task that was run while it was to be created, and what it said. */
export interface Ran {
  row: Omit<RanExecution, 'id' | 'ms_ago'>;
  log: readonly LogPiece[];
}

/** What becomes of a row that is to be created: it was run, or it is one that waits, perhaps in the hands of the worker. */
export type Taken = Ran | { row: NewExecution; log: null };

/** Makes of rows that wait for a worker such that have been run or taken, while there is a place. */
export type Taker = (tx: Tx, rows: readonly NewExecution[]) => Promise<Taken[]>;

/** A taker for one transaction, which counts what it takes. */
export function takerOf(handOver: HandOver | undefined): Taker {
  if (handOver === undefined) return (_, rows) => Promise.resolve(rows.map((row) => ({ row, log: null })));
  const { worker, runAtOnce } = handOver;
  const lanes = handOver.lanes.map((lane) => ({ ...lane }));
  const left = { tasks: mostAtOnce, rounds: longestAtOnce };

  const run = async (tx: Tx, row: NewExecution): Promise<Ran | undefined> => {
    if (runAtOnce === undefined || row.runtime !== builtinRuntime || row.revision === null) return undefined;
    if (left.tasks === 0 || left.rounds === 0) return undefined;
    const definition = keptDefinition(row.revision) ?? (await definitionsOf(tx, [row])).get(row.revision);
    const ran = definition && runAtOnce({ ...row, definition });
    if (ran === undefined) return undefined;
    left.tasks -= 1;
    return { row: { ...row, ...(await endAtOnce(tx, row.revision, ran)), worker }, log: ran.log };
  };

  const handOn = (row: NewExecution): NewExecution => {
    const lane = lanes.find(({ limit, runtimes }) => limit > 0 && runtimes.includes(row.runtime ?? ''));
    if (lane === undefined) return row;
    lane.limit -= 1;
    return { ...row, status: 'running', worker };
  };

  return async (tx, rows) => {
    const taken: Taken[] = [];
    for (const row of rows) {
      const { status, runtime, delay_seconds, revision } = row;
      const waits = status === 'scheduled' && runtime !== null && revision !== null && delay_seconds === 0;
      const ran = waits ? await run(tx, row) : undefined;
      taken.push(ran ?? { row: waits ? handOn(row) : row, log: null });
    }
    left.rounds -= 1;
    return taken;
  };
}
