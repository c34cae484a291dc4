import { resultView, type Decision, type Id, type Json, type JsonObject, type WorkflowDefinition } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { canonical, observedIn } from '../../core/test/workflow/model/agree.ts';
import { Reference, type Observed } from '../../core/test/workflow/model/reference.ts';
import { admit, claim, enact, finish, match, outcomeOf, rescue, retry, type Outcome } from '../src/index.ts';
import { surviving } from './crash.ts';
import { installWorker } from './support.ts';

/** How an attempt ends; `lost`: its worker is. */
export type Ending = { kind: 'succeeded' | 'failed' | 'timed_out'; data: JsonObject } | { kind: 'lost' };

/** Which attempt it is. */
export interface Attempt {
  task_name: string;
  visit: number;
  task_index: number | null;
  attempt: number;
}

/** Runs everything there is to run. Up to three attempts are under way at a time, and `pick` says which of them ends next, and how.
 *  `meanwhile` is done before each look for work. */
export async function runAll(
  db: Database,
  ending: (attempt: Attempt) => Ending,
  pick: (living: number) => number,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const worker = await installWorker(db, `worker ${crypto.randomUUID()}`);
  const held: { id: Id; lease_token: string; attempt: Attempt }[] = [];
  for (;;) {
    await meanwhile();
    let moved = 0;
    for (const deed of [match, enact, admit, retry]) moved += await surviving(() => deed(db));
    const claimed = await surviving(() => claim(db, { worker, runtimes: ['shell'], limit: 3 - held.length }));
    for (const { id, lease_token } of claimed) {
      const { workflow_task } = await db.one<{ workflow_task: JsonObject }>(sql`
        select workflow_task from execution where id = ${id}`);
      held.push({ id, lease_token, attempt: workflow_task as unknown as Attempt });
    }
    const [next] = held.length === 0 ? [] : held.splice(pick(held.length), 1);
    if (next !== undefined) await end(db, next, ending(next.attempt));
    else if (moved === 0) return;
  }
}

async function end(db: Database, { id, lease_token }: { id: Id; lease_token: string }, ending: Ending): Promise<void> {
  if (ending.kind === 'lost') {
    await db.run(sql`update execution set lease_until = now() - interval '1 second' where id = ${id}`);
    await surviving(() =>
      rescue(db, (_, error) => {
        throw error instanceof Error ? error : new Error(String(error));
      }),
    );
    return;
  }
  const isGood = ending.kind === 'succeeded';
  const outcome: Outcome = { kind: ending.kind, result: { succeeded: isGood, data: ending.data } };
  await surviving(() => finish(db, { execution: id, lease_token, outcome }));
}

interface RecordedStep {
  decision: Decision & { successor?: { task: string; visit: number; item?: number } };
  status: string;
  result: Json;
  started_at: string | null;
}

/** Tells the model what a run recorded, step by step.
 *  @returns the first step of which the model says something else than the record, in full; null if there is none */
export async function disagreement(
  db: Database,
  execution: Id,
  definition: WorkflowDefinition,
  parameters: JsonObject,
): Promise<string | null> {
  const run = await db.one<{ id: Id; variables: JsonObject }>(sql`
    select id, variables from workflow_execution where execution = ${execution}`);
  const steps = await db.many<RecordedStep>(sql`
    select s.decision, e.status, e.result, e.started_at
    from workflow_step s left join execution e on e.id = s.execution
    where s.workflow_execution = ${run.id} order by s.step`);
  const said: Observed['starts'] = [];
  const model = new Reference(definition, parameters);
  let last = '';
  for (const [index, { decision, status, result, started_at }] of steps.entries()) {
    if (decision.successor !== undefined) {
      model.again({ item: null, ...decision.successor });
      continue;
    }
    const { finished } = decision;
    const outcome = finished === null ? null : outcomeOf(status as Parameters<typeof outcomeOf>[0]);
    const expected =
      finished === null || outcome === null
        ? model.begin()
        : model.end({ item: null, ...finished }, outcome, resultView(result), started_at !== null);
    said.push(...expected.starts);
    const [recorded, expects] = [observedIn(decision, expected.starts, expected.variables), expected].map(canonical);
    last = canonical(expected.variables);
    if (recorded !== expects) return `Step ${index + 1}: the record says\n${recorded}\nand the model\n${expects}`;
  }
  if (canonical(run.variables) !== last) return `The run keeps ${canonical(run.variables)}, the model ${last}`;
  const [rows, starts] = [await startsOf(db, run.id), said].map(canonical);
  return rows === starts ? null : `The rows say that this started\n${rows}\nand the model\n${starts}`;
}

/** The first attempts of a run's tasks and items, in the order in which they came into being; `error` where one could not start. */
async function startsOf(db: Database, run: Id): Promise<Observed['starts']> {
  const rows = await db.many<{ workflow_task: JsonObject; config: JsonObject | null; started: boolean }>(sql`
    select workflow_task, config, started_at is not null as started
    from execution
    where workflow_task is not null and workflow_task->>'workflow_execution' = ${run}
      and (workflow_task->>'attempt')::int = 1
    order by id`);
  return rows.map(({ workflow_task, config, started }) => {
    const { task_name: task, visit, task_index: item, position } = workflow_task;
    return { task, visit, item, position, input: started ? (config ?? {}) : 'error' } as Observed['starts'][number];
  });
}
