import {
  buildGraph,
  maskDecision,
  openSecrets,
  replayRun,
  type Decision,
  type Id,
  type Json,
  type JsonObject,
  type KeptList,
  type RunEvent,
  type WorkflowDefinition,
} from '@attune/core';
import { executionQueue, sql, workflowItemLists, type Tx } from '@attune/db';
import { factsOf } from '../src/facts.ts';

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
  execution: Id;
  facts: JsonObject | null;
}

interface StepRow {
  decision: Partial<Decision> & { successor?: { task: string; visit: number; item?: number; attempt: number } };
  result: JsonObject | null;
}

/** Decides every run in a database again from its record alone: its steps, the results they name, and its lists of items. */
export async function rebuilt(db: Tx): Promise<Rebuilt[]> {
  const runs = await db.many<RunRow>(sql`
    select id, state, variables, task_graph, execution, facts from workflow_execution order by id`);
  const all: Rebuilt[] = [];
  // one after the other: inside a transaction there is one connection
  for (const run of runs) all.push(await rebuild(db, run));
  return all;
}

async function rebuild(db: Tx, run: RunRow): Promise<Rebuilt> {
  const steps = await db.many<StepRow>(sql`
    select s.decision, e.result from workflow_step s left join execution e on e.id = s.execution
    where s.workflow_execution = ${run.id} order by s.step`);
  const events = steps.flatMap(({ decision, result }): RunEvent[] => {
    const { finished, successor } = decision;
    if (successor !== undefined) return [{ ...successor, kind: 'retried' }];
    return finished ? [{ kind: 'finished', finished: { ...finished, result: openSecrets(result, db.vault) } }] : [];
  });
  const owner = await executionQueue.find(db, run.execution);
  if (owner === undefined) throw new Error(`Execution ${run.execution} is gone`);
  const graph = buildGraph(run.task_graph as unknown as WorkflowDefinition);
  const facts = await factsOf(db, run, owner, graph);
  const again = replayRun(graph, facts, events, await listsOf(db, run.id));
  const { state, variables } = again;
  const decisions = again.decisions.map((decision) => maskDecision(decision, facts.secrets, graph.definition.output));
  return {
    kept: {
      state: run.state,
      variables: openSecrets(run.variables, db.vault),
      decisions: steps.flatMap(({ decision }) => (decision.successor === undefined ? [decision as Json] : [])),
    },
    decided: JSON.parse(JSON.stringify({ state, variables, decisions })) as Rebuilt['decided'],
  };
}

async function listsOf(db: Tx, run: Id): Promise<KeptList[]> {
  const lists = new Map<string, KeptList>();
  for (const { task_name: task, visit, items } of await workflowItemLists.ofRun(db, run)) {
    const key = `${visit} ${task}`;
    const before = lists.get(key)?.elements ?? [];
    lists.set(key, { task, visit, elements: [...before, ...(openSecrets(items, db.vault) as Json[])] });
  }
  return [...lists.values()];
}
