import type { Id } from '@attune/core';
import {
  executionLogs,
  executionsRan,
  workflowExecutions,
  type EngineExecution,
  type LogPiece,
  type NewExecution,
  type RanExecution,
  type RecordedSteps,
  type Tx,
} from '@attune/db';
import type { Taken } from './hand-over.ts';

/** Fewest and most ids that are asked for at once. */
const idsAtOnce = { first: 8, most: 64 };

/** Steps of a run. Where its tasks stand is worked out for those that are written, not for each on the way to them. */
export type DecidedSteps = Omit<RecordedSteps, 'tasks'> & { tasks: () => RecordedSteps['tasks'] };

/** What an advance has decided and run and nobody has to see yet: steps of runs, and tasks that were run instead of being created to wait.
 *  A chain of them goes to the database in two statements, not two for each link. */
export class Unwritten {
  readonly #tx: Tx;
  readonly #steps = new Map<Id, DecidedSteps>();
  readonly #ran: { execution: Omit<RanExecution, 'ms_ago'>; at: number }[] = [];
  readonly #log: (LogPiece & { execution: Id })[] = [];
  readonly #ids: Id[] = [];
  #asked: number = idsAtOnce.first;

  constructor(tx: Tx) {
    this.#tx = tx;
  }

  /** Steps that follow those of the same run before. */
  record(recorded: readonly DecidedSteps[]): void {
    for (const one of recorded) {
      const before = this.#steps.get(one.run);
      const kept = one.variables === null ? (before ?? one) : one;
      this.#steps.set(one.run, {
        run: one.run,
        steps: [...(before?.steps ?? []), ...one.steps],
        state: one.state,
        variables: kept.variables,
        variables_step: kept.variables_step,
        tasks: one.tasks,
      });
    }
  }

  /** Takes what was run just now.
   *  @returns `ended`: its executions, as the engine goes on with them; `rows`: what is to be created. Where there is both, all have ids in
   *  the order given: the order in which rows are made is the order in which it was decided that they be. */
  async add(taken: readonly Taken[]): Promise<{ ended: EngineExecution[]; rows: NewExecution[] }> {
    if (taken.every(({ log }) => log === null)) return { ended: [], rows: taken.map(({ row }) => row) };
    const ended: EngineExecution[] = [];
    const rows: NewExecution[] = [];
    const at = performance.now();
    for (const one of taken) {
      const id = await this.#newId(taken.length);
      if (one.log === null) {
        rows.push({ ...one.row, given_id: id });
        continue;
      }
      const { row, log } = one;
      this.#ran.push({ execution: { ...row, id }, at });
      for (const piece of log) this.#log.push({ ...piece, execution: id });
      // until its row is there, that it began is all that anybody asks
      ended.push({ ...row, id, lease_token: null, lease_until: null, started_at: 'now', completed_at: 'now' });
    }
    return { ended, rows };
  }

  async #newId(least: number): Promise<Id> {
    if (this.#ids.length === 0) {
      this.#ids.push(...(await executionsRan.newIds(this.#tx, Math.max(least, this.#asked))));
      this.#asked = Math.min(idsAtOnce.most, this.#asked * 8);
    }
    const id = this.#ids.shift();
    if (id === undefined) throw new Error('The database gave no id');
    return id;
  }

  /** Sends it to the database, before anything that depends on it. */
  flush(): void {
    const now = performance.now();
    const ran = this.#ran.splice(0).map(({ execution, at }) => ({ ...execution, ms_ago: now - at }));
    const steps = [...this.#steps.values()].map((one) => ({ ...one, tasks: one.tasks() }));
    this.#steps.clear();
    if (ran.length > 0) this.#tx.along(executionsRan.insertRan(this.#tx, ran));
    // a step names the execution that it is about
    if (steps.length > 0) this.#tx.along(workflowExecutions.record(this.#tx, steps));
    if (this.#log.length > 0) this.#tx.along(executionLogs.appendMany(this.#tx, this.#log.splice(0)));
  }
}
