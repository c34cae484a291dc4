import { resultView, type Decision, type Id, type Json, type JsonObject, type WorkflowDefinition } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { canonical, observedIn } from '../../core/test/workflow/model/agree.ts';
import { Reference } from '../../core/test/workflow/model/reference.ts';
import { admit, claim, enact, finish, match, outcomeOf, rescue, retry, type Outcome } from '../src/index.ts';
import { surviving } from './crash.ts';
import { installWorker } from './support.ts';

/** How an attempt ends; `lost`: its worker is. */
export type Ending = { kind: 'succeeded' | 'failed' | 'timed_out'; data: JsonObject } | { kind: 'lost' };

/** Which attempt it is. */
export interface Attempt {
  task_name: string;
  visit: number;
  attempt: number;
}

/** Runs everything there is to run. Up to three attempts are under way at a time, and `pick` says which of them ends next, and how. */
export async function runAll(
  db: Database,
  ending: (attempt: Attempt) => Ending,
  pick: (living: number) => number,
): Promise<void> {
  const worker = await installWorker(db, `worker ${crypto.randomUUID()}`);
  const held: { id: Id; lease_token: string; attempt: Attempt }[] = [];
  for (;;) {
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
  decision: Decision & { successor?: { task: string; visit: number } };
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
  const inputs = await inputsOf(db, run.id);
  const model = new Reference(definition, parameters);
  let last = '';
  for (const [index, { decision, status, result, started_at }] of steps.entries()) {
    if (decision.successor !== undefined) {
      model.again(decision.successor.task, decision.successor.visit);
      continue;
    }
    const { finished } = decision;
    const expected =
      finished === null
        ? model.begin()
        : model.end(
            finished.task,
            finished.visit,
            finished.attempt,
            outcomeOf(status as Parameters<typeof outcomeOf>[0]),
            resultView(result),
            started_at !== null,
          );
    const starts = decision.targets
      .filter((target) => target.fate === 'started')
      .map(({ task, visit = 0, position = {} }) => ({
        ...{ task, visit, position },
        input: inputs.get(`${task} ${visit}`) ?? 'error',
      }));
    const [got, said] = [observedIn(decision, starts, expected.variables), expected].map(canonical);
    last = canonical(expected.variables);
    if (got !== said) return `Step ${index + 1}: the record says\n${got}\nand the model\n${said}`;
  }
  return canonical(run.variables) === last ? null : `The run keeps ${canonical(run.variables)}, the model ${last}`;
}

/** What each run of a task was given, by name and visit; `error` where it could not start. */
async function inputsOf(db: Database, run: Id): Promise<Map<string, JsonObject | 'error'>> {
  const rows = await db.many<{ task: string; visit: number; config: JsonObject | null; started: boolean }>(sql`
    select workflow_task->>'task_name' as task, (workflow_task->>'visit')::int as visit, config,
      started_at is not null as started
    from execution
    where workflow_task is not null and workflow_task->>'workflow_execution' = ${run}
      and (workflow_task->>'attempt')::int = 1`);
  return new Map(rows.map((row) => [`${row.task} ${row.visit}`, row.started ? (row.config ?? {}) : 'error']));
}
