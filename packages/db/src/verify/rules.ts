import type { RawBuilder } from 'kysely';
import { sql } from '../database.ts';

/** Something that holds in a consolidated database. */
export interface Rule {
  name: string;
  /** What breaks it, as text in a column `offender`; no rows while it holds. */
  offenders: RawBuilder<{ offender: string }>;
}

const instants = ['next_retry_at', 'started_at', 'completed_at'];
const keys = [
  'workflow_execution',
  'task_name',
  'task_index',
  'task_batch',
  'retry_count',
  'max_retries',
  'next_retry_at',
  'timeout_seconds',
  'timed_out',
  'duration_ms',
  'started_at',
  'completed_at',
];

/** Names given as text of which the catalogs know no usable one. */
const missing = (names: readonly string[], usable: RawBuilder<unknown>) => sql<{ offender: string }>`
  select name as offender from unnest(${names}::text[]) as name where not exists (${usable})`;

export const rules: readonly Rule[] = [
  {
    name: 'The table workflow_task_execution is gone: status and result stand in one place',
    offenders: sql`
      select 'attune.workflow_task_execution' as offender where to_regclass('attune.workflow_task_execution') is not null`,
  },
  {
    name: 'workflow_task is SQL NULL or an object with the twelve keys',
    offenders: sql`
      select 'execution ' || id as offender from attune.execution
      where workflow_task is not null
        and (jsonb_typeof(workflow_task) <> 'object' or not workflow_task ?& ${keys}::text[]) order by id`,
  },
  {
    name: 'Every key has its type',
    offenders: sql`
      select 'execution ' || id || ': ' || key as offender
      from attune.execution, jsonb_each(case jsonb_typeof(workflow_task) when 'object' then workflow_task else '{}' end) as of(key, value)
      where not case
          when key in ('workflow_execution', 'retry_count', 'max_retries') then jsonb_typeof(value) = 'number'
          when key = 'task_name' then jsonb_typeof(value) = 'string'
          when key = 'timed_out' then jsonb_typeof(value) = 'boolean'
          when key in ('task_index', 'task_batch', 'timeout_seconds', 'duration_ms') then jsonb_typeof(value) in ('number', 'null')
          when key = any(${instants}::text[]) then jsonb_typeof(value) in ('string', 'null')
          else true
        end
      order by id, key`,
  },
  {
    name: 'Instants are RFC 3339 in UTC with microseconds, or as PostgreSQL spells what that cannot',
    offenders: sql`
      select 'execution ' || id || ': ' || key || ' ' || value as offender
      from attune.execution,
        jsonb_each_text(case jsonb_typeof(workflow_task) when 'object' then workflow_task else '{}' end) as of(key, value)
      where key = any(${instants}::text[])
        and value !~ '^(\\d{4,6}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z|-?infinity|.* BC)$'
      order by id, key`,
  },
  {
    name: 'Every task belongs to an existing workflow execution',
    // (`not exists` would be a comparison of each task with each run: nothing is indexed by an id as text)
    offenders: sql`
      with lost as materialized (
        select workflow_task->>'workflow_execution' as run from attune.execution where jsonb_typeof(workflow_task) = 'object'
        except select id::text from attune.workflow_execution)
      select 'execution ' || e.id || ': workflow execution ' || lost.run as offender
      from lost join attune.execution e on e.workflow_task->>'workflow_execution' = lost.run
      order by e.id`,
  },
  {
    name: 'Of the rows that carry attempt, no two are the same attempt',
    offenders: sql`
      select 'executions ' || string_agg(id::text, ', ' order by id) as offender from attune.execution
      where workflow_task->>'attempt' is not null
      group by workflow_task->>'workflow_execution', workflow_task->>'task_name', workflow_task->>'task_index',
        workflow_task->>'visit', workflow_task->>'attempt'
      having count(*) > 1`,
  },
  {
    name: 'A task that nobody touched since the consolidation holds what its old row held',
    offenders: sql`
      select 'execution ' || e.id || ' (old row ' || a.id || ')' as offender
      from attune_archive.workflow_task_execution a join attune.execution e on e.id = a.execution
      where a.carried and e.updated = a.execution_updated and e.workflow_task is distinct from jsonb_build_object(
        'workflow_execution', a.workflow_execution, 'task_name', a.task_name, 'task_index', a.task_index,
        'task_batch', a.task_batch, 'retry_count', a.retry_count, 'max_retries', a.max_retries,
        'next_retry_at', attune.instant(a.next_retry_at), 'timeout_seconds', a.timeout_seconds, 'timed_out', a.timed_out,
        'duration_ms', a.duration_ms, 'started_at', attune.instant(a.started_at), 'completed_at', attune.instant(a.completed_at))
      order by e.id`,
  },
  {
    name: 'The indexes of the documented queries are there and valid',
    offenders: missing(
      ['execution_workflow_task_idx', 'execution_workflow_retry_idx', 'execution_workflow_timed_out_idx'],
      sql`select from pg_index where indexrelid = to_regclass('attune.' || name) and indisvalid
        and (indisunique or name <> 'execution_workflow_task_idx')`,
    ),
  },
  {
    name: 'The planner has its statistics',
    offenders: missing(
      ['execution_workflow_stats'],
      sql`select from pg_statistic_ext where stxname = name and stxnamespace = to_regnamespace('attune')`,
    ),
  },
  {
    name: 'The check of workflow_task, and of the workflow execution it names, is in force',
    offenders: missing(
      ['execution_workflow_task_check'],
      sql`select from pg_trigger where tgname = name and tgrelid = to_regclass('attune.execution') and tgenabled in ('O', 'A')`,
    ),
  },
  {
    name: 'Deleting a workflow execution deletes its tasks',
    offenders: missing(
      ['workflow_execution_delete_tasks'],
      sql`select from pg_trigger
        where tgname = name and tgrelid = to_regclass('attune.workflow_execution') and tgenabled in ('O', 'A')`,
    ),
  },
  {
    name: 'The view workflow_task_detail reads the new column',
    offenders: missing(
      ['workflow_task_detail'],
      sql`select from pg_class where oid = to_regclass('attune.' || name) and relkind = 'v'`,
    ),
  },
];
