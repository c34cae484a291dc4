import { metricCounts, type Database } from '@attune/db';
import type { Id } from '@attune/core';
import type { Metrics } from './registry.ts';

/** Milliseconds for which what was read counts: however many ask, the database is asked no more often. */
const freshMs = 5_000;

/** Executions looked at in one statement, and statements at one reading. With more behind, those between are not counted: whoever
 *  reads once in hours learns of the last part. */
const batch = 20_000;
const mostBatches = 10;

/** Executions that have not ended and are looked at again; older ones are forgotten. */
const mostLiving = 20_000;

interface State {
  queues: metricCounts.QueueDepth[];
  counts: Awaited<ReturnType<typeof metricCounts.counts>>;
}

/** What the rows tell of the whole installation, whichever process is asked. Counters begin with 0 when this process starts. */
export function watchInstallation(metrics: Metrics, db: Database): void {
  const read = readerOf(db);
  let latest: { at: number; state: Promise<State> } | undefined;

  const state = (): Promise<State> => {
    const now = performance.now();
    if (latest === undefined || now - latest.at > freshMs) {
      const [queues, counts] = [metricCounts.queues(db), metricCounts.counts(db)];
      const next = Promise.all([queues, counts, read.next(tell)]).then(([q, c]) => ({ queues: q, counts: c }));
      latest = { at: now, state: next };
    }
    return latest.state;
  };
  const counted = async (name: string) =>
    (await state()).counts.filter((one) => one.name === name).map(({ count, label }) => [count, label] as const);

  metrics.read(
    'attune_queue_depth',
    {
      type: 'gauge',
      help: `Executions that are due and wait for a worker, by runtime; counting ends at ${metricCounts.mostCounted}`,
      labels: ['runtime'],
    },
    async () => (await state()).queues.map(({ depth, runtime }) => [depth, runtime] as const),
  );
  metrics.read(
    'attune_queue_oldest_seconds',
    { type: 'gauge', help: 'For how long the oldest of them has been due', labels: ['runtime'] },
    async () => (await state()).queues.map(({ oldest_seconds, runtime }) => [oldest_seconds, runtime] as const),
  );
  metrics.read(
    'attune_waiting',
    {
      type: 'gauge',
      help: 'What waits for something else: events to be matched, enforcements to be enacted, executions for admission, their next attempt, an answer or a resume',
      labels: ['for'],
    },
    () => counted('waiting'),
  );
  metrics.read(
    'attune_leases',
    {
      type: 'gauge',
      help: 'Executions in the hands of workers: with a lease that holds, and with one that has run out',
      labels: ['state'],
    },
    () => counted('leases'),
  );
  metrics.read(
    'attune_services',
    { type: 'gauge', help: 'Services that sent a heartbeat within 20 s', labels: ['service'] },
    () => counted('services'),
  );

  // read above: these tell what the same reading found
  const executions = metrics.counter('attune_executions_total', {
    help: 'Executions that ended, by what ran them (a runtime, workflow or question) and how they ended',
    labels: ['kind', 'outcome'],
  });
  const attempts = metrics.counter('attune_attempts_total', {
    help: 'Executions that ended, by whether it was the first attempt, a retry, or a restart after a worker was lost',
    labels: ['kind', 'attempt'],
  });
  const durations = metrics.histogram('attune_execution_seconds', {
    help: 'Durations of executions that ended, by stage: event (event to execution), queue (due to started), run (started to ended), total (created to ended)',
    labels: ['kind', 'stage'],
    buckets: metricCounts.durationBuckets,
  });
  const tell = ({ what, kind, label, bucket, count, sum }: metricCounts.EndedGroup) => {
    if (what === 'outcome') executions.add(count, kind, label);
    else if (what === 'attempt') attempts.add(count, kind, label);
    else durations.add({ bucket, count, sum }, kind, label);
  };
}

/** Reads on from where it was. */
function readerOf(db: Database) {
  let after: Id | undefined;
  let living: Id[] = [];
  return {
    async next(tell: (group: metricCounts.EndedGroup) => void): Promise<void> {
      if (after === undefined) {
        after = await metricCounts.lastExecution(db);
        return;
      }
      for (let round = 0; round < mostBatches; round += 1) {
        const { last, living: left, groups } = await metricCounts.ended(db, { after, limit: batch, living });
        living = left.slice(-mostLiving);
        groups.forEach(tell);
        if (last === null) return;
        after = last;
      }
      after = await metricCounts.lastExecution(db);
    },
  };
}
