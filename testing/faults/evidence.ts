import { sql, type Tx } from '@attune/db';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rebuilt } from '../../packages/engine/test/rebuilt.ts';
import type { Exit } from './company.ts';
import type { FaultKind } from './fault.ts';
import type { Journal } from './journal.ts';

/** All that the checks look at: what was promised, what is in the rows, and what the actions themselves wrote down. */
export interface Evidence {
  journal: Journal;
  executions: ExecutionFact[];
  changes: ChangeFact[];
  events: EventFact[];
  enforcements: EnforcementFact[];
  lateReports: { execution: string; lease_token: string }[];
  /** Standard output by execution, of the actions of the load's pack and of those that only compute. */
  logs: Record<string, string>;
  traces: Trace[];
  /** Runs of workflows whose record, decided again, does not come to what is kept. */
  differing: { execution: string; what: string }[];
  /** What had not ended when the time was up, with the reason the system gives. */
  stuck: { what: string; reason: string }[];
  /** Processes of attempts that were still there at the end. */
  leftovers: string[];
  exits: Exit[];
  /** What had an effect, by kind. */
  faults: Partial<Record<FaultKind, number>>;
}

export interface ExecutionFact {
  id: string;
  action_ref: string;
  key: string | null;
  parent: string | null;
  enforcement: string | null;
  status: string;
  original_execution: string | null;
  retry_count: number;
  has_started: boolean;
  lease_token: string | null;
  run: string | null;
  task: string | null;
  item: number | null;
  visit: number | null;
  attempt: number | null;
  task_retries: number | null;
  max_retries: number | null;
  next_retry_at: string | null;
  result: {
    key: string | null;
    items: number | null;
    rounds: number | null;
    lost: number | null;
    error: string | null;
    stdout: string | null;
    exit_code: number | null;
  };
}

export interface ChangeFact {
  seq: number;
  execution: string;
  /** Null: the row was created. */
  was: string | null;
  next: string;
  was_token: string | null;
  next_token: string | null;
  result_changed: boolean;
  /** Milliseconds since 1970 by the machine's clock, whatever the database's was shifted to. */
  at: number;
}

export interface EventFact {
  id: string;
  trigger_ref: string;
  key: string | null;
  even: boolean | null;
  is_matched: boolean;
  cause: string | null;
}

export interface EnforcementFact {
  id: string;
  rule_ref: string;
  event: string | null;
  status: string;
}

/** A line that an attempt wrote. */
export interface Trace {
  what: 'start' | 'alive' | 'end' | 'fail';
  execution: string;
  attempt: number;
  token: string;
  pid: string;
  /** Milliseconds since 1970. */
  at: number;
}

type Rows = Pick<Evidence, 'executions' | 'changes' | 'events' | 'enforcements' | 'lateReports' | 'logs' | 'differing'>;

/** Reads what is in the database. */
export async function readRows(db: Tx): Promise<Rows> {
  const executions = await db.many<ExecutionFact>(sql`
    select id, action_ref, coalesce(config->>'key', config->>'message') as key, parent, enforcement, status::text, original_execution, retry_count,
      started_at is not null as has_started, lease_token, workflow_task->>'workflow_execution' as run,
      workflow_task->>'task_name' as task, (workflow_task->>'task_index')::int as item,
      (workflow_task->>'visit')::int as visit, (workflow_task->>'attempt')::int as attempt,
      (workflow_task->>'retry_count')::int as task_retries, (workflow_task->>'max_retries')::int as max_retries,
      workflow_task->>'next_retry_at' as next_retry_at,
      jsonb_build_object('key', coalesce(result->>'key', result->'data'->>'key'), 'items', result->'items', 'rounds',
        result->'rounds', 'lost', result->'lost', 'error', left(result->>'error', 300), 'stdout', left(result->>'stdout', 300),
        'exit_code', result->'exit_code') as result
    from execution order by id`);
  const changes = await db.many<ChangeFact>(sql`
    select seq::int, execution, was, next, was_token, next_token, result_changed,
      (extract(epoch from at) * 1000)::float8 as at
    from faults.change order by seq`);
  const events = await db.many<EventFact>(sql`
    select id, trigger_ref, payload->>'key' as key, (payload->>'even')::boolean as even,
      matched_at is not null and match_error is null as is_matched, cause
    from event order by id`);
  const enforcements = await db.many<EnforcementFact>(sql`
    select id, rule_ref, event, status::text from enforcement order by id`);
  const lateReports = await db.many<{ execution: string; lease_token: string }>(sql`
    select execution, lease_token from execution_late_report order by id`);
  const logs = await db.many<{ execution: string; text: string }>(sql`
    select l.execution, string_agg(encode(l.content, 'escape'), '' order by l.byte_offset) as text
    from execution_log l join execution e on e.id = l.execution
    where l.stream = 'stdout' and (e.action_ref like 'faults.%' or e.action_ref in ('core.echo', 'core.noop'))
    group by 1`);
  return {
    ...{ executions, changes, events, enforcements, lateReports },
    logs: Object.fromEntries(logs.map(({ execution, text }) => [execution, text])),
    differing: await differingRuns(db),
  };
}

async function differingRuns(db: Tx): Promise<Evidence['differing']> {
  const runs = await db.many<{ execution: string }>(sql`select execution from workflow_execution order by id`);
  const all = await rebuilt(db);
  return all.flatMap(({ kept, decided }, index) => {
    const parts = ['state', 'variables', 'decisions'] as const;
    const different = parts.filter((part) => sorted(kept[part]) !== sorted(decided[part]));
    return different.map((part) => ({
      execution: runs[index]?.execution ?? '',
      what: `${part}: kept ${sorted(kept[part]).slice(0, 400)}, decided ${sorted(decided[part]).slice(0, 400)}`,
    }));
  });
}

/** JSON with the keys of every object in order. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** Reads what the actions wrote, one file for each execution. */
export function readTraces(folder: string): Trace[] {
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Trace => {
        const [what, execution = '', attempt, token = '', pid = '', at] = line.split(' ');
        return {
          what: what as Trace['what'],
          ...{ execution, attempt: Number(attempt), token, pid, at: Number(at?.replace(',', '.')) * 1_000 },
        };
      }),
  );
}
