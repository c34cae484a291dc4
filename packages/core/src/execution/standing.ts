import type { Id, Instant } from './execution.ts';
import { isFinal, type ExecutionStatus } from './machine.ts';

/** Why an execution stands where it stands: every state that a row can be in has exactly one of these reasons. A reason is part of the
 *  API: it may be added to, and never changes its meaning. */
export const standingReasons = {
  ended: 'It has ended, and nothing follows from it any more',
  running_on_worker: 'A worker runs it, and renews its lease',
  waiting_for_worker_slot: 'It is due, and a worker that has its runtime takes it as soon as one of its slots is free',
  no_worker_has_runtime: 'It is due, but of the living workers none has its runtime',
  no_worker_alive: 'It is due, but no worker is alive',
  delayed_until: 'It is not due yet',
  waiting_for_retry: 'An attempt failed, and the next one is made when its delay is over',
  waiting_for_children: 'It is a run of a workflow, and something below it is under way',
  not_admitted: 'An executor has yet to admit it, or to make the attempt that is due',
  no_executor_alive: 'An executor has yet to admit it, or to make the attempt that is due, but none is alive',
  paused: 'A run that it is part of, or that it is, is paused: what runs ends, nothing starts',
  inquiry_pending: 'It waits for the answer to a question',
  canceling: 'It was cancelled, and what still runs is being stopped',
  worker_lost: 'Its worker no longer renews the lease; a supervisor abandons it',
  no_supervisor_alive: 'Its worker no longer renews the lease, and no supervisor is alive to abandon it',
  owned_by_creator: 'It was created as running without a lease: whoever created it ends it',
  revision_missing: 'The row names no definition or no runtime, as rows of older systems do: nothing here starts it',
  orphaned: 'Nothing below it is under way and nothing will move it: this must not be, please report it',
} as const;

export type StandingReason = keyof typeof standingReasons;

/** What is below a run of a workflow and has not ended. */
export type LivingChildren = {
  count: number;
  /** The first of them, at most {@link mostChildrenNamed}. */
  first: Id[];
};

export const mostChildrenNamed = 5;

/** A run that is paused. */
export type PausedRun = {
  /** The execution that was paused: the one itself, or one above it. */
  execution: Id;
  workflow_execution: Id;
  pause_reason: string | null;
};

/** Why an execution is where it is, with what the reason is about. */
export type Standing = {
  /** The same in one sentence. */
  message: string;
} & StandingDetail;

type StandingDetail =
  | { reason: 'ended'; status: ExecutionStatus }
  | { reason: 'running_on_worker' | 'worker_lost' | 'no_supervisor_alive'; worker: string; lease_until: Instant }
  | { reason: 'waiting_for_worker_slot'; runtime: string; workers: string[]; ahead: number }
  | { reason: 'no_worker_has_runtime'; runtime: string; workers: { name: string; runtimes: string[] }[] }
  | { reason: 'no_worker_alive'; runtime: string }
  | { reason: 'delayed_until'; until: Instant }
  | { reason: 'waiting_for_retry'; until: Instant; execution: Id }
  | { reason: 'waiting_for_children'; children: LivingChildren }
  | { reason: 'not_admitted' | 'no_executor_alive' | 'owned_by_creator' | 'revision_missing' | 'orphaned' }
  | ({ reason: 'paused' } & PausedRun)
  | { reason: 'inquiry_pending'; inquiry: Id; assigned_to: Id | null; timeout_at: Instant | null }
  | { reason: 'canceling'; worker: string | null; children: LivingChildren };

/** What is known of an execution, read at one moment. */
export interface StandingFacts {
  id: Id;
  status: ExecutionStatus;
  /** Whether the row names the definition it runs with. */
  has_revision: boolean;
  is_workflow: boolean;
  runtime: string | null;
  run_after: Instant | null;
  /** Whether `run_after` has come, by the database's clock. */
  is_due: boolean;
  lease_until: Instant | null;
  has_lease_run_out: boolean;
  /** The name of its worker. */
  worker: string | null;
  /** The next attempt after this one, or after one of its children's, where there will be one. */
  retry: RetryFacts | null;
  /** Whether it does not start, or is not tried again, before its run is resumed. */
  is_held: boolean;
  /** The pause of its own run, else of the one it is part of. */
  paused: PausedRun | null;
  /** The question it asks. */
  inquiry: { id: Id; assigned_to: Id | null; timeout_at: Instant | null } | null;
  children: LivingChildren;
  /** Executions for the same runtime that are due and come before it; counting ends somewhere. */
  ahead: number;
}

export interface RetryFacts {
  /** The attempt that failed. */
  execution: Id;
  at: Instant;
  is_due: boolean;
}

/** What is alive to move executions. */
export interface Installation {
  workers: readonly { name: string; runtimes: readonly string[] }[];
  executors: number;
  supervisors: number;
}

/** Why an execution is where it is. */
export function standingOf(facts: StandingFacts, installation: Installation): Standing {
  const detail = detailOf(facts, installation);
  return { ...detail, message: messageOf(detail, facts, installation) };
}

function detailOf(facts: StandingFacts, installation: Installation): StandingDetail {
  switch (facts.status) {
    case 'requested':
    case 'scheduling':
      return ofRequested(facts, installation);
    case 'scheduled':
      return ofScheduled(facts, installation);
    case 'running':
      return ofRunning(facts, installation);
    case 'canceling':
      return ofCanceling(facts, installation);
    default:
      return ofFinal(facts, installation);
  }
}

function ofRequested(facts: StandingFacts, installation: Installation): StandingDetail {
  if (!facts.has_revision) return { reason: 'revision_missing' };
  if (facts.is_held) return ofHeld(facts);
  const { runtime, run_after } = facts;
  if (runtime === null && run_after !== null && !facts.is_due) return { reason: 'delayed_until', until: run_after };
  return { reason: installation.executors > 0 ? 'not_admitted' : 'no_executor_alive' };
}

function ofScheduled(facts: StandingFacts, { workers }: Installation): StandingDetail {
  const { runtime, run_after, ahead } = facts;
  if (!facts.has_revision || runtime === null || run_after === null) return { reason: 'revision_missing' };
  if (!facts.is_due) return { reason: 'delayed_until', until: run_after };
  if (workers.length === 0) return { reason: 'no_worker_alive', runtime };
  const able = workers.filter((worker) => worker.runtimes.includes(runtime)).map((worker) => worker.name);
  if (able.length > 0) return { reason: 'waiting_for_worker_slot', runtime, workers: able, ahead };
  const others = workers.map(({ name, runtimes }) => ({ name, runtimes: [...runtimes] }));
  return { reason: 'no_worker_has_runtime', runtime, workers: others };
}

function ofRunning(facts: StandingFacts, installation: Installation): StandingDetail {
  const { inquiry, children, retry } = facts;
  const lost = ofLostLease(facts, installation);
  if (lost !== undefined) return lost;
  if (facts.lease_until !== null) return { reason: 'running_on_worker', ...leaseOf(facts, facts.lease_until) };
  if (inquiry !== null) {
    const { id, assigned_to, timeout_at } = inquiry;
    return { reason: 'inquiry_pending', inquiry: id, assigned_to, timeout_at };
  }
  if (!facts.is_workflow) return { reason: 'owned_by_creator' };
  if (!facts.has_revision) return { reason: 'revision_missing' };
  if (facts.paused !== null) return { reason: 'paused', ...facts.paused };
  if (children.count > 0) return { reason: 'waiting_for_children', children };
  return retry === null ? { reason: 'orphaned' } : ofRetry(retry, installation);
}

function ofCanceling(facts: StandingFacts, installation: Installation): StandingDetail {
  const { children } = facts;
  const lost = ofLostLease(facts, installation);
  if (lost !== undefined) return lost;
  const { lease_until } = facts;
  if (lease_until !== null) return { reason: 'canceling', worker: leaseOf(facts, lease_until).worker, children };
  if (!facts.is_workflow) return { reason: 'owned_by_creator' };
  if (!facts.has_revision) return { reason: 'revision_missing' };
  return children.count > 0 ? { reason: 'canceling', worker: null, children } : { reason: 'orphaned' };
}

function ofFinal(facts: StandingFacts, installation: Installation): StandingDetail {
  const { status, retry, is_held } = facts;
  if (is_held) return ofHeld(facts);
  return retry === null || !isFinal(status) ? { reason: 'ended', status } : ofRetry(retry, installation);
}

/** What is held without a pause, nobody will ever release. */
const ofHeld = ({ paused }: StandingFacts): StandingDetail =>
  paused === null ? { reason: 'orphaned' } : { reason: 'paused', ...paused };

function ofRetry({ execution, at, is_due }: RetryFacts, { executors }: Installation): StandingDetail {
  if (!is_due) return { reason: 'waiting_for_retry', until: at, execution };
  return { reason: executors > 0 ? 'not_admitted' : 'no_executor_alive' };
}

function ofLostLease(facts: StandingFacts, { supervisors }: Installation): StandingDetail | undefined {
  const { lease_until, has_lease_run_out } = facts;
  if (lease_until === null || !has_lease_run_out) return undefined;
  return { reason: supervisors > 0 ? 'worker_lost' : 'no_supervisor_alive', ...leaseOf(facts, lease_until) };
}

const leaseOf = ({ worker }: StandingFacts, lease_until: Instant): { worker: string; lease_until: Instant } => ({
  worker: worker ?? 'a worker that is no longer known',
  lease_until,
});

function messageOf(detail: StandingDetail, facts: StandingFacts, { workers }: Installation): string {
  switch (detail.reason) {
    case 'ended':
      return `It has ended: ${detail.status}`;
    case 'running_on_worker':
      return `It runs on the worker ${detail.worker}`;
    case 'worker_lost':
      return `Its worker ${detail.worker} stopped renewing the lease, which ran out at ${detail.lease_until}; a supervisor abandons it`;
    case 'no_supervisor_alive':
      return `Its worker ${detail.worker} stopped renewing the lease, which ran out at ${detail.lease_until}, but no supervisor is alive to abandon it: start one with 'attune-server supervisor'`;
    case 'waiting_for_worker_slot':
      return `It waits for a free slot of ${listed(detail.workers)}; ${detail.ahead} due before it for the runtime '${detail.runtime}'`;
    case 'no_worker_has_runtime':
      return `No living worker has the runtime '${detail.runtime}'; there ${workers.length === 1 ? 'is' : 'are'} ${listed(
        detail.workers.map(({ name, runtimes }) => `${name} (${runtimes.join(', ') || 'no runtime'})`),
      )}`;
    case 'no_worker_alive':
      return `No worker is alive to run it: start one with 'attune-server worker'`;
    case 'delayed_until':
      return `It is not due before ${detail.until}`;
    case 'waiting_for_retry':
      return `Execution ${detail.execution} failed and is tried again at ${detail.until}`;
    case 'waiting_for_children':
      return `It waits for ${childrenText(detail.children)}`;
    case 'not_admitted':
      return facts.retry === null
        ? 'An executor is about to admit it'
        : 'An executor is about to make the next attempt';
    case 'no_executor_alive':
      return `No executor is alive to ${facts.retry === null ? 'admit it' : 'make the next attempt'}: start one with 'attune-server executor'`;
    case 'paused':
      return `Execution ${detail.execution} is paused${detail.pause_reason === null ? '' : ` (${detail.pause_reason})`}; 'attune execution resume ${detail.execution}' lets it go on`;
    case 'inquiry_pending':
      return `Inquiry ${detail.inquiry} has no answer yet${detail.timeout_at === null ? '' : `; it times out at ${detail.timeout_at}`}`;
    case 'canceling':
      return detail.worker === null
        ? `It was cancelled and waits for ${childrenText(detail.children)}`
        : `It was cancelled, and the worker ${detail.worker} is stopping it`;
    case 'owned_by_creator':
    case 'revision_missing':
    case 'orphaned':
      return standingReasons[detail.reason];
  }
}

const childrenText = ({ count, first }: LivingChildren): string =>
  `${count === 1 ? 'execution' : `${count} executions, ${count > first.length ? 'the first are' : 'which are'}`} ${first.join(', ')}`;

const listed = (names: readonly string[]): string => names.join(', ');
