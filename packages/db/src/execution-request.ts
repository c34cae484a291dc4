import type { Id, Json } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import type { NewExecution } from './execution-queue.ts';

/** What executions of one action have in common: of a thousand of them it is sent once. */
const shared = [
  'action',
  'action_ref',
  'executor',
  'status',
  'workflow_def',
  'runtime',
  'revision',
  'pack_revision',
  'timeout_seconds',
] as const satisfies (keyof NewExecution)[];

/** Inserts executions that wait for a worker, outside any workflow and not delayed, in one statement.
 *  @param registry version of what is registered under which their actions were read: where that is another one by now, nothing is stored
 *  @returns their ids in the order given; none where the version is another one. */
export async function insertRequests(tx: Tx, executions: readonly NewExecution[], registry?: Id): Promise<Id[]> {
  const [first] = executions;
  if (first === undefined) return [];
  if (executions.length === 1) return insertRequest(tx, first, registry);
  const { kinds, kindOf } = kindsOf(executions);
  const isCurrent = registry === undefined ? sql`` : sql`where (select version from registry) = ${registry}`;
  // rows that repeat all columns in JSON take half as long again, and arrays of all columns do too
  const { ids } = await tx.one<{ ids: string | null }>(sql`
    with inserted as (
      insert into execution (action, action_ref, config, enforcement, executor, status, workflow_def, runtime, revision, pack_revision,
        input_hash, timeout_seconds, cause, run_after)
      select k.action, k.action_ref, nullif(x.config, 'null'), x.enforcement, k.executor, k.status, k.workflow_def, k.runtime,
        k.revision, k.pack_revision, nullif(x.input_hash, ''), k.timeout_seconds, x.cause, attune.clock()
      from rows from (unnest(${kindOf}::int[]),
          jsonb_array_elements(${jsonb(executions.map(({ config }) => config))}),
          unnest(string_to_array(${executions.map((one) => one.input_hash ?? '').join(',')}, ',')),
          unnest(${givenIds(executions.map((one) => one.enforcement))}::bigint[]),
          unnest(${givenIds(executions.map((one) => one.cause))}::bigint[]))
          with ordinality as x(kind, config, input_hash, enforcement, cause, place)
      join jsonb_to_recordset(${jsonb(kinds)}) as k(kind int, action bigint, action_ref text, executor bigint,
        status execution_status_enum, workflow_def bigint, runtime text, revision text, pack_revision text, timeout_seconds integer)
        on k.kind = x.kind
      ${isCurrent}
      -- ids are given in this order
      order by x.place
      returning id)
    -- as one text, which is read faster than as many rows
    select string_agg(id::text, ',' order by id) as ids from inserted`);
  return ids?.split(',') ?? [];
}

/** The same of one: what serves many costs twice as much to begin. */
async function insertRequest(tx: Tx, execution: NewExecution, registry: Id | undefined): Promise<Id[]> {
  const { action, action_ref, config, enforcement, executor, status, workflow_def, runtime, revision } = execution;
  const { pack_revision, input_hash, timeout_seconds, cause } = execution;
  const isCurrent = registry === undefined ? sql`` : sql`where (select version from registry) = ${registry}`;
  const row = await tx.maybe<{ id: Id }>(sql`
    insert into execution (action, action_ref, config, enforcement, executor, status, workflow_def, runtime, revision, pack_revision,
      input_hash, timeout_seconds, cause, run_after)
    select ${action}::bigint, ${action_ref}::text, ${jsonb(config)}, ${enforcement}::bigint, ${executor}::bigint,
      ${status}::execution_status_enum, ${workflow_def}::bigint, ${runtime}::text, ${revision}::text, ${pack_revision}::text,
      ${input_hash}::text, ${timeout_seconds}::int, ${cause}::bigint, attune.clock()
    ${isCurrent}
    returning id`);
  return row === undefined ? [] : [row.id];
}

/** A list that holds nothing but nulls is as good as an empty one. */
const givenIds = (ids: readonly (Id | null)[]): readonly (Id | null)[] => (ids.every((id) => id === null) ? [] : ids);

/** What executions have in common, each kind once, and which kind each one is of. */
function kindsOf(executions: readonly NewExecution[]): { kinds: Record<string, Json>[]; kindOf: number[] } {
  const known = new Map<string, number>();
  const kinds: Record<string, Json>[] = [];
  let before: NewExecution | undefined;
  let kind = 0;
  const kindOf = executions.map((execution) => {
    if (before !== undefined && isOfOneKind(before, execution)) return kind;
    before = execution;
    const common = shared.map((name) => execution[name]);
    const name = common.join(' ');
    kind = known.get(name) ?? kinds.length;
    if (kind === kinds.length) {
      known.set(name, kind);
      kinds.push({ kind, ...Object.fromEntries(shared.map((column, index) => [column, common[index] ?? null])) });
    }
    return kind;
  });
  return { kinds, kindOf };
}

/** Most that are asked for together are of the kind of the one before. */
const isOfOneKind = (one: NewExecution, other: NewExecution): boolean =>
  shared.every((name) => one[name] === other[name]);
