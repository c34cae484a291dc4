import { askedIn, AttuneError, type Id, type JsonObject } from '@attune/core';
import {
  breakPoint,
  executionLogs,
  executionQueue,
  triggers,
  workflowExecutions,
  type Database,
  type EndOf,
  type EngineExecution,
  type LogPiece,
  type Tx,
} from '@attune/db';
import { advanceAll, type Advanced } from './advance.ts';
import { askWhere } from './ask.ts';
import type { ClaimedExecution } from './claim.ts';
import type { HandOver } from './hand-over.ts';
import { Busy } from './lock-run.ts';
import { movesOf, type Outcome } from './outcome.ts';
import { resultHash, sealedResult } from './outputs.ts';
import { record } from './record.ts';
import { inTransaction } from './transaction.ts';

export interface Report {
  execution: Id;
  lease_token: string;
  outcome: Outcome;
  /** Output that is not in the log yet. @default none */
  log?: readonly LogPiece[];
  /** What the claim said, where the reporter still knows: the revision of the action, and the run that the execution is a task of. */
  claimed?: { revision: string; workflow_execution: Id | null };
}

/** `refused`: the attempt does not own the execution any more; the report is kept as such. */
export type ReportAnswer = 'recorded' | 'refused';

/** What became of reports, and what followed. */
export interface Finish {
  /** By execution; an error: nothing of that report was recorded. */
  answers: Map<Id, ReportAnswer | Error>;
  /** Next tasks that were handed over to the reporter as they were created: claimed under a lease each. */
  handedOver: ClaimedExecution[];
  /** Whether something waits for a worker now. */
  schedules: boolean;
  /** Whether something waits for a time. */
  waits: boolean;
  /** Whether events were recorded. */
  events: boolean;
}

/** Ends an attempt and, in the same transaction, whatever follows from its end: emitted events, the next tasks of its workflow,
 *  the end of the workflow. One that asks a person gives its lease up instead and goes on waiting. A report of an attempt that no longer owns the execution is refused and kept as such; the same
 *  report twice is recorded once. */
export async function finish(db: Database, report: Report): Promise<ReportAnswer> {
  const answer = (await finishAll(db, [report])).answers.get(report.execution);
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error('A report got no answer');
  return answer;
}

/** The same for many attempts in one transaction, with a number of statements that does not depend on how many there are. Where that
 *  transaction fails, each run's reports get one of their own, and at last each report: one that cannot be recorded harms no other.
 *  @param handOverFor who takes next tasks as they are created, for reports that are recorded together; default: they wait for a claim
 *  @param onDecided called when all that there is to decide is decided and only the database's answer is waited for; perhaps several times */
export async function finishAll(
  db: Database,
  reports: readonly Report[],
  handOverFor?: (reports: readonly Report[]) => HandOver,
  onDecided: () => void = () => undefined,
): Promise<Finish> {
  const total: Finish = { answers: new Map(), handedOver: [], schedules: false, waits: false, events: false };
  const [ordinary, special] = partition(reports, isOrdinary);
  const add = ({ answers, handedOver, ...flags }: Finish): void => {
    for (const [id, answer] of answers) total.answers.set(id, answer);
    total.handedOver.push(...handedOver);
    for (const flag of ['schedules', 'waits', 'events'] as const) total[flag] ||= flags[flag];
  };
  const attempt = async (some: readonly Report[], patient: boolean, rest: (error: unknown) => Promise<void>) => {
    const handOver = handOverFor?.(some);
    const recorded = (handOver: HandOver | undefined) =>
      inTransaction(db, async (tx) => {
        const finish = await finishIn(tx, some, patient, handOver);
        onDecided();
        return finish;
      });
    try {
      add(await recorded(handOver).catch((error: unknown) => recorded(withoutRunning(handOver, error))));
    } catch (error) {
      await rest(error);
    }
  };
  const fail = (some: readonly Report[], error: unknown): Promise<void> => {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const { execution } of some) total.answers.set(execution, reason);
    return Promise.resolve();
  };
  const eachAlone = async (some: readonly Report[]) => {
    for (const one of some) await attempt([one], true, (error) => fail([one], error));
  };
  const alone = async (group: readonly Report[], patient: boolean, onBusy: () => void): Promise<void> =>
    attempt(group, patient, async (error) => {
      if (error instanceof Busy) onBusy();
      else if (group.length === 1 || isAway(error)) await fail(group, error);
      else await eachAlone(group);
    });
  if (ordinary.length > 0) {
    await attempt(ordinary, ordinary.length === 1, async (error) => {
      if (ordinary.length === 1 || isAway(error)) return fail(ordinary, error);
      // those whose run somebody else is at come last, and wait for it
      const busy: Report[][] = [];
      for (const group of byRun(ordinary)) await alone(group, false, () => busy.push(group));
      for (const group of busy) await alone(group, true, () => undefined);
    });
  }
  for (const one of special) {
    try {
      add(await inTransaction(db, (tx) => finishSpecial(tx, one)));
    } catch (error) {
      await fail([one], error);
    }
  }
  return total;
}

/** Where a task that was run at once may be what is wrong, it is handed over instead. @throws the error, where it is about something else */
function withoutRunning(handOver: HandOver | undefined, error: unknown): HandOver {
  if (handOver?.runAtOnce === undefined || error instanceof Busy || isAway(error)) throw error;
  const { runAtOnce: _, ...others } = handOver;
  return others;
}

/** Whether the report is all that there is to it: no events, no question to a person. */
const isOrdinary = ({ outcome }: Report): boolean =>
  (outcome.events ?? []).length === 0 && (outcome.kind !== 'succeeded' || askedIn(outcome.result) === undefined);

/** Reports about tasks of one run together, and those about no run together. */
function byRun(reports: readonly Report[]): Report[][] {
  const groups = new Map<Id, Report[]>();
  for (const report of reports) {
    const run = report.claimed === undefined ? `? ${report.execution}` : (report.claimed.workflow_execution ?? '');
    const group = groups.get(run) ?? [];
    groups.set(run, group);
    group.push(report);
  }
  return [...groups.values()];
}

/** Whether the database could not be asked at all, so that asking again at once is of no use: an error of the connection, or one that the
 *  server answered about itself (SQLSTATE classes 08, 53, 57), and none of what was asked. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AttuneError || error instanceof Busy) return false;
  const code = 'code' in error ? String(error.code) : undefined;
  if ('severity' in error) return /^(08|53|57)/.test(code ?? '');
  return code !== undefined || /connection|timeout/i.test(error.message);
}

async function finishIn(
  tx: Tx,
  reports: readonly Report[],
  patient: boolean,
  handOver: HandOver | undefined,
): Promise<Finish> {
  const tasks = reports.filter(({ claimed }) => claimed?.workflow_execution !== null).map((one) => one.execution);
  const locking = tasks.length === 0 ? Promise.resolve([]) : workflowExecutions.lockOfTasks(tx, tasks, patient);
  tx.along(locking);
  const ends = await Promise.all(reports.map((report) => endingOf(tx, report)));
  const ending = executionQueue.endMany(tx, ends);
  tx.along(ending);
  const [locked, ended] = [await locking, new Map((await ending).map((row) => [row.id, row]))];
  const runs = new Map(locked.map(({ run }) => [run.id, run]));
  breakPoint('finish.ended');
  const answers: Finish['answers'] = new Map();
  const log: (LogPiece & { execution: Id })[] = [];
  const turns: EngineExecution[] = [];
  for (const [index, report] of reports.entries()) {
    const row = ended.get(report.execution);
    for (const piece of report.log ?? []) log.push({ ...piece, execution: report.execution });
    if (row === undefined) {
      answers.set(report.execution, await refuseOrRepeat(tx, sealed(report, ends[index])));
      continue;
    }
    answers.set(report.execution, 'recorded');
    if (row.workflow_task === null) continue;
    if (!patient && !runs.has(row.workflow_task.workflow_execution) && row.workflow_task.visit !== undefined)
      throw new Busy(`Run ${row.workflow_task.workflow_execution} is locked`);
    turns.push(row);
  }
  if (log.length > 0) tx.along(executionLogs.appendMany(tx, log));
  const advanced = await advanceAll(
    tx,
    turns.map((execution) => ({ kind: 'ended', execution })),
    { locked: [...runs.values()], handOver, patient },
  );
  return finishOf(answers, advanced);
}

/** A report as a row may hold it. */
const sealed = (report: Report, ending: EndOf | undefined): Report => ({
  ...report,
  outcome: { ...report.outcome, result: (ending?.result ?? {}) as JsonObject },
});

async function endingOf(tx: Tx, { execution, lease_token, outcome, claimed }: Report): Promise<EndOf> {
  const revision = claimed === undefined ? await revisionOf(tx, execution) : claimed.revision;
  const result = await sealedResult(tx, revision, outcome.result);
  const hash = resultHash(result);
  return {
    id: execution,
    lease_token,
    moves: movesOf[outcome.kind],
    result,
    result_hash: hash,
    timed_out: outcome.kind === 'timed_out',
  };
}

const finishOf = (answers: Finish['answers'], { handedOver, schedules, waits }: Advanced, events = false): Finish => ({
  answers,
  handedOver,
  schedules,
  waits,
  events,
});

/** The report of an attempt that emits events or asks a person. */
async function finishSpecial(tx: Tx, reported: Report): Promise<Finish> {
  const [locked] = await workflowExecutions.lockOfTasks(tx, [reported.execution], true);
  const report = sealed(reported, await endingOf(tx, reported));
  const asking = await askWhere(tx, report, await withKnownTriggers(tx, report.outcome));
  const answers: Finish['answers'] = new Map();
  const nothing: Advanced = { handedOver: [], schedules: false, waits: false };
  const answer = (given: ReportAnswer): void => void answers.set(report.execution, given);
  if (asking.kind === 'not_its_own') {
    answer(await refuseOrRepeat(tx, report));
    return finishOf(answers, nothing);
  }
  const ended = asking.kind === 'ends' ? await end(tx, { ...report, outcome: asking.outcome }) : asking.execution;
  if (ended === undefined) {
    answer(await refuseOrRepeat(tx, report));
    return finishOf(answers, nothing);
  }
  breakPoint('finish.special_ended');
  await executionLogs.appendMany(
    tx,
    (report.log ?? []).map((piece) => ({ ...piece, execution: ended.id })),
  );
  const events = (asking.kind === 'ends' ? asking.outcome : report.outcome).events ?? [];
  for (const event of events) await record(tx, { ...event, source_ref: ended.action_ref, cause: ended.id });
  answer('recorded');
  const isTask = asking.kind === 'ends' && ended.workflow_task !== null;
  const advanced = isTask
    ? await advanceAll(tx, [{ kind: 'ended', execution: ended }], { locked: locked === undefined ? [] : [locked.run] })
    : nothing;
  return finishOf(answers, advanced, events.length > 0);
}

async function end(tx: Tx, { execution, lease_token, outcome }: Report): Promise<EngineExecution | undefined> {
  const { kind, result } = outcome;
  const ending = { moves: movesOf[kind], result, result_hash: resultHash(result), timed_out: kind === 'timed_out' };
  return (await executionQueue.endMany(tx, [{ ...ending, id: execution, lease_token }]))[0];
}

/** An action that emits an event of a trigger that does not exist has failed, and says so. */
async function withKnownTriggers(tx: Tx, outcome: Outcome): Promise<Outcome> {
  for (const { trigger_ref } of outcome.events ?? []) {
    if ((await triggers.findByRef(tx, trigger_ref)) !== undefined) continue;
    const error = `There is no trigger '${trigger_ref}'; expected the ref of a registered one, as listed by 'attune trigger list'`;
    return { kind: 'failed', result: { ...outcome.result, succeeded: false, error } };
  }
  return outcome;
}

const revisionOf = async (tx: Tx, execution: string): Promise<string | null> =>
  (await executionQueue.find(tx, execution))?.revision ?? null;

async function refuseOrRepeat(tx: Tx, report: Report): Promise<ReportAnswer> {
  const row = await executionQueue.find(tx, report.execution);
  const isRepeat = row?.lease_token === report.lease_token && row.status !== 'abandoned';
  if (isRepeat) return 'recorded';
  await executionQueue.keepLateReport(tx, report, report.outcome as unknown as JsonObject);
  return 'refused';
}

function partition<T>(list: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [list.filter(test), list.filter((one) => !test(one))];
}
