import { finalStatuses, type Id } from '@attune/core';
import { sql, type Tx } from './database.ts';
import { serviceDeadAfterSeconds } from './service.ts';
import { awaitingRetry } from './workflow-task.ts';

// What is counted for those who watch an installation. Everything is found by an index, and counting ends somewhere: a queue of a
// million must not cost more to look at than to work off.

/** Counting ends here. */
export const mostCounted = 100_000;

export interface QueueDepth {
  runtime: string;
  depth: number;
  oldest_seconds: number;
}

/** What is due and waits for a worker, by runtime. */
export const queues = (tx: Tx): Promise<QueueDepth[]> =>
  tx.many<QueueDepth>(sql`
    with recursive waiting as (
      -- the runtimes that anything waits for, each by one look at the index
      select min(runtime) as runtime from execution where status = 'scheduled' and revision is not null
      union all
      select (select min(e.runtime) from execution e
        where e.status = 'scheduled' and e.revision is not null and e.runtime > w.runtime)
      from waiting w where w.runtime is not null)
    select w.runtime, due.depth, extract(epoch from attune.clock() - due.oldest)::float8 as oldest_seconds
    from waiting w
    cross join lateral (
      select count(*)::int as depth, min(run_after) as oldest from (
        select run_after from execution e
        where e.status = 'scheduled' and e.revision is not null and e.runtime = w.runtime and e.run_after <= attune.clock()
        order by e.run_after, e.id limit ${mostCounted}) e) due
    where w.runtime is not null and due.depth > 0
    order by 1`);

/** What waits for something else than a worker, what is leased, and what lives. */
export const counts = (tx: Tx): Promise<{ name: string; label: string; count: number }[]> =>
  tx.many<{ name: string; label: string; count: number }>(sql`
    select 'waiting' as name, 'match' as label, (select count(*)::int from (
      select from event where matched_at is null order by id limit ${mostCounted}) x) as count
    union all select 'waiting', 'enact', (select count(*)::int from (
      select from enforcement where status = 'created' and revision is not null order by id limit ${mostCounted}) x)
    union all select 'waiting', 'admission', (select count(*)::int from (
      select from execution where status in ('requested', 'scheduling') and revision is not null and not held
      order by id limit ${mostCounted}) x)
    union all select 'waiting', 'retry', (select count(*)::int from (
      select from execution where ${awaitingRetry} limit ${mostCounted}) x)
    union all select 'waiting', 'answer', (select count(*)::int from (
      select from inquiry where status = 'pending' order by id limit ${mostCounted}) x)
    union all select 'waiting', 'resume', (select count(*)::int from (
      select from execution where held order by id limit ${mostCounted}) x)
    union all select 'leases', 'held', (select count(*)::int from (
      select from execution where lease_until >= attune.clock() limit ${mostCounted}) x)
    union all select 'leases', 'run_out', (select count(*)::int from (
      select from execution where lease_until < attune.clock() limit ${mostCounted}) x)
    union all select 'services', s.service, count(*)::int from service s
      where s.heartbeat_at between attune.clock() - make_interval(secs => ${serviceDeadAfterSeconds})
        and attune.clock() + make_interval(secs => ${serviceDeadAfterSeconds})
      group by s.service`);

/** Upper bounds of the buckets of durations, in seconds. */
export const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800,
] as const;

export interface EndedGroup {
  what: 'outcome' | 'attempt' | 'stage';
  kind: string;
  label: string;
  /** Index into `durationBuckets`, or one more: beyond the last. 0 where it is no duration. */
  bucket: number;
  count: number;
  sum: number;
}

export interface EndedExecutions {
  /** The last id that was looked at; null where there was none. */
  last: Id | null;
  /** Those that have not ended yet. */
  living: Id[];
  groups: EndedGroup[];
}

export const lastExecution = async (tx: Tx): Promise<Id> =>
  (await tx.one<{ id: Id }>(sql`select coalesce(max(id), 0)::text as id from execution`)).id;

/** What became of the executions after `after`, the first `limit` of them, and of those named, grouped; each is told when it has ended. */
export const ended = (
  tx: Tx,
  { after, limit, living }: { after: Id; limit: number; living: readonly Id[] },
): Promise<EndedExecutions> => {
  const columns =
    sql.raw(`id, status, runtime, workflow_def, original_execution, retry_count, parent, cause, created, run_after,
    started_at, completed_at`);
  return tx.one<EndedExecutions>(sql`
    with next as materialized (select ${columns} from execution where id > ${after} order by id limit ${limit}),
    seen as (
      select ${columns} from next union all select ${columns} from execution where id = any(${living}::bigint[])),
    final as materialized (
      select *, case when workflow_def is not null then 'workflow' else coalesce(runtime, 'question') end as kind
      from seen where status = any(${finalStatuses}::execution_status_enum[])),
    duration as (
      select kind, 'queue' as stage, extract(epoch from started_at - greatest(run_after, created))::float8 as seconds from final
        where started_at is not null and workflow_def is null
      union all select kind, 'run', extract(epoch from completed_at - started_at)::float8 from final
        where started_at is not null
      union all select kind, 'total', extract(epoch from completed_at - created)::float8 from final
      union all select f.kind, 'event', extract(epoch from f.created - v.created)::float8 from final f
        join event v on v.id = f.cause
        where f.parent is null and f.original_execution is null),
    grouped as (
      select 'outcome' as what, kind, status::text as label, 0 as bucket, count(*) as count, 0::float8 as sum
        from final group by kind, status
      union all select 'attempt', kind,
        case when original_execution is null then 'first' when retry_count > 0 then 'retry' else 'restart' end, 0, count(*), 0
        from final group by 2, 3
      union all select 'stage', kind, stage, width_bucket(seconds, ${[...durationBuckets]}::float8[]), count(*), sum(greatest(seconds, 0))
        from duration where seconds is not null group by 2, 3, 4)
    select (select max(id)::text from next) as last,
      (select coalesce(array_agg(id::text order by id), '{}') from seen
        where status <> all(${finalStatuses}::execution_status_enum[])) as living,
      (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from grouped g) as groups`);
};
