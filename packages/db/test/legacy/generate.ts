import { someInstant, type OldInstant } from './instants.ts';
import { seeded, type Random } from './random.ts';

// A database of the old layout with everything in it that is awkward to keep. What must come out of the consolidation is told
// in the generator's own terms, without asking PostgreSQL for it.

/** An old row; `jsonText` fields are JSON as it was written, null is SQL NULL. */
export interface OldTask {
  id: string;
  workflow_execution: string;
  execution: string;
  task_name: string;
  task_index: number | null;
  task_batch: number | null;
  status: string;
  started_at: OldInstant | null;
  completed_at: OldInstant | null;
  duration_ms: string | null;
  result: string | null;
  error: string | null;
  retry_count: number;
  max_retries: number;
  next_retry_at: OldInstant | null;
  timeout_seconds: number | null;
  timed_out: boolean;
  created: OldInstant;
  updated: OldInstant;
}

export interface Legacy {
  /** Fills a database that stands at the baseline. */
  script: string;
  tasks: readonly OldTask[];
}

const statuses = ['requested', 'scheduling', 'running', 'completed', 'failed', 'cancelled', 'timeout', 'abandoned'];

const names = [
  '',
  ' ',
  "it's",
  '"quoted"',
  'two\nlines\r\n\ttab',
  'back\\slash \\u0041 \\n',
  '50% of _all_',
  'отправить_письмо',
  '発送する',
  'إرسال',
  'नमस्ते',
  'e\u0301 and \u00e9',
  '😀👩‍👩‍👧‍👦',
  '$$ ; -- /* {{ x }}',
  'null',
  'NaN',
  'ü'.repeat(255),
  '😀'.repeat(255),
];

const jsonTexts = [
  'null',
  '{}',
  '[]',
  '"text"',
  '{"n": 12345678901234567890, "f": 0.1, "e": 1e400}',
  '{"deep": {"quote": "\\" \\\\ \\u00e9 😀", "null": null}}',
  // above what a notification holds
  JSON.stringify({ long: 'x'.repeat(9000) }),
];

const indexes = [null, 0, 1, -1, 2147483647, -2147483648];
const counts = [0, 1, 3, 2147483647];
const durations = [null, '0', '9007199254740993', '9223372036854775807', '-9223372036854775808'];

/** Runs whose ids are small, beyond 2^53, and the last there is. */
const runs = ['1', '2', '9007199254740993', '9223372036854775807'];

/** @param count how many task executions; a third of them have several old rows, or a result of their own. */
export function generateLegacy(seed: number, count = 60): Legacy {
  const random = seeded(seed);
  const tasks: OldTask[] = [];
  const executions: string[] = [];
  const executionRow = (id: string, ref: string, status: string, config: string | null, result: string | null) =>
    executions.push(tuple(id, ref, status, config, result, someInstant(random).spelt, someInstant(random).spelt));
  runs.forEach((_, at) => executionRow(String(at + 1), 'old.flow', 'running', null, null));
  for (let at = 0; at < count; at++) {
    const execution = at % 5 === 4 ? String(9007199254740993n + BigInt(at)) : String(100 + at);
    const result = jsonOrNull(random);
    executionRow(execution, 'old.task', random.pick(statuses), jsonOrNull(random), result);
    for (let rows = random.oneIn(3) ? 3 : 1; rows > 0; rows--) {
      const id = tasks.length % 7 === 6 ? String(9007199254740993n + BigInt(tasks.length)) : String(tasks.length + 1);
      tasks.push(task(random, id, execution, result, names[at]));
    }
  }
  // outside any workflow, whatever their parameters look like
  const decoy =
    '{"workflow_execution": 1, "task_name": "send_email", "next_retry_at": "2020-01-01T00:00:00Z", "retry_count": 0}';
  for (let at = 0; at < 10; at++) {
    executionRow(String(1000 + at), 'old.direct', 'completed', decoy, random.oneIn(2) ? decoy : 'null');
  }
  return {
    tasks,
    script: [parents, insert('execution', executionColumns, executions), runRows(), taskRows(tasks), afterwards].join(
      '\n',
    ),
  };
}

function task(
  random: Random,
  id: string,
  execution: string,
  executionResult: string | null,
  name: string | undefined,
): OldTask {
  return {
    id,
    workflow_execution: random.pick(runs),
    execution,
    task_name: name ?? `task_${random.below(20)}`,
    task_index: random.pick(indexes),
    task_batch: random.pick(indexes),
    status: random.pick(statuses),
    started_at: random.oneIn(5) ? null : someInstant(random),
    completed_at: random.oneIn(3) ? null : someInstant(random),
    duration_ms: random.pick(durations),
    result: random.oneIn(2) ? executionResult : jsonOrNull(random),
    error: jsonOrNull(random),
    retry_count: random.pick(counts),
    max_retries: random.pick(counts),
    next_retry_at: random.oneIn(2) ? null : someInstant(random),
    timeout_seconds: random.pick([null, 0, 60, 2147483647]),
    timed_out: random.oneIn(3),
    created: someInstant(random),
    updated: someInstant(random),
  };
}

const jsonOrNull = (random: Random) => (random.oneIn(3) ? null : random.pick(jsonTexts));

const literal = (value: string | number | boolean | null) =>
  value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`;
const tuple = (...values: (string | number | boolean | null)[]) => `(${values.map(literal).join(', ')})`;
const insert = (table: string, columns: string, rows: readonly string[]) =>
  `insert into attune.${table} (${columns}) values\n${rows.join(',\n')};`;

const parents = `
  insert into attune.pack (id, ref, label, version) values (1, 'old', 'Old', '1.0.0');
  insert into attune.workflow_definition (id, ref, pack, pack_ref, label, version, definition)
    values (1, 'old.flow', 1, 'old', 'Flow', '1', '{}');`;
const executionColumns = 'id, action_ref, status, config, result, created, updated';
const runRows = () =>
  insert(
    'workflow_execution',
    'id, execution, workflow_def, task_graph',
    runs.map((id, at) => tuple(id, at + 1, 1, '{}')),
  );
const taskRows = (tasks: readonly OldTask[]) =>
  insert(
    'workflow_task_execution',
    `id, workflow_execution, execution, task_name, task_index, task_batch, status, started_at, completed_at, duration_ms, result,
      error, retry_count, max_retries, next_retry_at, timeout_seconds, timed_out, created, updated`,
    tasks.map((row) =>
      tuple(...Object.values(row).map((value: OldTask[keyof OldTask]) => (isInstant(value) ? value.spelt : value))),
    ),
  );
const isInstant = (value: OldTask[keyof OldTask]): value is OldInstant => typeof value === 'object' && value !== null;

/** Sequences where the old system left them, its triggers, its view, its grants, and what others built on them. */
const afterwards = `
  select setval('attune.execution_id_seq', 5000), setval('attune.workflow_execution_id_seq', 50),
    setval('attune.workflow_task_execution_id_seq', 4711), setval('attune.pack_id_seq', 1),
    setval('attune.workflow_definition_id_seq', 1);

  create view attune.workflow_task_detail as
  select t.id, t.workflow_execution, w.execution as workflow_execution_id, d.ref as workflow_ref, t.task_name, t.task_index,
    t.task_batch, t.status, t.retry_count, t.max_retries, t.timed_out, t.duration_ms, t.started_at, t.completed_at, t.created,
    t.updated
  from attune.workflow_task_execution t
  join attune.workflow_execution w on w.id = t.workflow_execution
  join attune.workflow_definition d on d.id = w.workflow_def;
  comment on view attune.workflow_task_detail is 'as it was';
  grant select on attune.workflow_task_detail, attune.workflow_task_execution to public;
  create index task_batch_of_others on attune.workflow_task_execution (task_batch) where task_batch is not null;
  create view public.slow_task as select id, task_name, duration_ms from attune.workflow_task_detail where duration_ms > 1000;

  create table public.noticed (what text, at timestamptz default clock_timestamp());
  create function public.touch() returns trigger language plpgsql as $$ begin new.updated = now(); return new; end $$;
  create function public.note() returns trigger language plpgsql as $$
    begin insert into public.noticed (what) values (tg_op); return null; end $$;
  create function public.notify_execution_change() returns trigger language plpgsql as $$
    begin
      perform pg_notify('attune_notifications', json_build_object('id', new.id, 'result', new.result)::text);
      return new;
    end $$;
  create trigger execution_updated before update on attune.execution for each row execute function public.touch();
  create trigger task_updated before update on attune.workflow_task_execution for each row execute function public.touch();
  create trigger execution_notify after insert or update on attune.execution
    for each row execute function public.notify_execution_change();
  create trigger execution_history after update on attune.execution for each row execute function public.note();
  create trigger execution_statement after update on attune.execution for each statement execute function public.note();
  create trigger execution_asleep after update on attune.execution for each row execute function public.note();
  alter table attune.execution enable always trigger execution_history;
  alter table attune.execution enable replica trigger execution_statement;
  alter table attune.execution disable trigger execution_asleep;`;
