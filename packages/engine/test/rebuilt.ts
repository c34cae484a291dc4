import {
  buildGraph,
  replayRun,
  type Decision,
  type Id,
  type Json,
  type JsonObject,
  type KeptList,
  type RunEvent,
  type WorkflowDefinition,
} from '@attune/core';
import { sql, workflowItemLists, type Database } from '@attune/db';

/** What is kept of a run, and what its record comes to when it is decided again. */
export interface Rebuilt {
  kept: { state: Json; variables: Json; decisions: Json };
  decided: { state: Json; variables: Json; decisions: Json };
}

interface RunRow {
  id: Id;
  state: JsonObject;
  variables: JsonObject;
  task_graph: JsonObject;
  start: string;
  config: JsonObject | null;
}

interface StepRow {
  decision: Partial<Decision> & { successor?: { task: string; visit: number; item?: number; attempt: number } };
  result: JsonObject | null;
}

/** Decides every run in a database again from its record alone: its steps, the results they name, and its lists of items. */
export async function rebuilt(db: Database): Promise<Rebuilt[]> {
  const runs = await db.many<RunRow>(sql`
    select w.id, w.state, w.variables, w.task_graph, e.started_at as start, e.config
    from workflow_execution w join execution e on e.id = w.execution order by w.id`);
  return Promise.all(runs.map((run) => rebuild(db, run)));
}

async function rebuild(db: Database, run: RunRow): Promise<Rebuilt> {
  const steps = await db.many<StepRow>(sql`
    select s.decision, e.result from workflow_step s left join execution e on e.id = s.execution
    where s.workflow_execution = ${run.id} order by s.step`);
  const events = steps.flatMap(({ decision, result }): RunEvent[] => {
    const { finished, successor } = decision;
    if (successor !== undefined) return [{ ...successor, kind: 'retried' }];
    return finished ? [{ kind: 'finished', finished: { ...finished, result } }] : [];
  });
  const { state, variables, decisions } = replayRun(
    buildGraph(run.task_graph as unknown as WorkflowDefinition),
    { parameters: run.config ?? {}, config: {}, keystore: {}, workflow_start: run.start },
    events,
    await listsOf(db, run.id),
  );
  return {
    kept: {
      state: run.state,
      variables: run.variables,
      decisions: steps.flatMap(({ decision }) => (decision.successor === undefined ? [decision as Json] : [])),
    },
    decided: JSON.parse(JSON.stringify({ state, variables, decisions })) as Rebuilt['decided'],
  };
}

async function listsOf(db: Database, run: Id): Promise<KeptList[]> {
  const lists = new Map<string, KeptList>();
  for (const { task_name: task, visit, items } of await workflowItemLists.ofRun(db, run)) {
    const key = `${visit} ${task}`;
    const before = lists.get(key)?.elements ?? [];
    lists.set(key, { task, visit, elements: [...before, ...(items as Json[])] });
  }
  return [...lists.values()];
}
