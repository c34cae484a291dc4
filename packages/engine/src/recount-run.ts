import {
  explainRun,
  isFinal,
  openSecrets,
  Recount,
  recordedStep,
  type ExecutionStatus,
  type Id,
  type Json,
  type KeptList,
  type RunExplanation,
  type RunStanding,
  type RunState,
} from '@attune/core';
import { executionQueue, runRecords, workflowItemLists, type Tx } from '@attune/db';
import { graphIn } from './graph.ts';
import { factsOf } from './facts.ts';

/** Steps that are in memory at a time. */
const batchSize = 500;

/** Explains a run of a workflow from its record, read step by step.
 *  @param only the one task to explain; undefined: all.
 *  @returns the names of all its tasks, too */
export async function recountRun(
  tx: Tx,
  id: Id,
  execution: { id: Id; status: ExecutionStatus },
  only?: string,
): Promise<{ explanation: RunExplanation; names: string[] }> {
  const run = await runRecords.find(tx, id);
  const owner = await executionQueue.find(tx, execution.id);
  if (run === undefined || owner === undefined) throw new Error(`Workflow execution ${id} is gone`);
  const graph = graphIn(run.revision, run.definition);
  const recount = new Recount(graph, await factsOf(tx, run, owner, graph), await listsOf(tx, id));
  for (let after = 0; ;) {
    const rows = await runRecords.steps(tx, id, after, batchSize);
    for (const { step, decision, result } of rows) {
      recount.add(recordedStep(step, decision, openSecrets(result, tx.vault)));
      after = step;
    }
    if (rows.length < batchSize) break;
  }
  const kept = {
    state: run.state as unknown as RunState,
    variables: openSecrets(run.variables, tx.vault),
    steps: run.steps,
    standing: standingOf(execution.status),
  };
  return { explanation: explainRun(graph, recount, kept, only), names: [...graph.tasks.keys()] };
}

function standingOf(status: ExecutionStatus): RunStanding {
  if (isFinal(status)) return 'ended';
  return status === 'canceling' ? 'canceling' : 'open';
}

/** The lists that tasks with items went through. */
async function listsOf(tx: Tx, run: Id): Promise<KeptList[]> {
  const lists = new Map<string, { task: string; visit: number; elements: Json[] }>();
  for (const { task_name, visit, items } of await workflowItemLists.ofRun(tx, run)) {
    const key = `${visit} ${task_name}`;
    const list = lists.get(key) ?? { task: task_name, visit, elements: [] };
    lists.set(key, list);
    list.elements.push(...(openSecrets(items, tx.vault) as Json[]));
  }
  return [...lists.values()];
}
