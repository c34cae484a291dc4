import {
  openSecrets,
  seal,
  type Id,
  type ItemList,
  type Json,
  type Needed,
  type NeededResult,
  type Recorded,
  type WorkflowGraph,
} from '@attune/core';
import { workflowItemLists, workflowExecutions, type Tx } from '@attune/db';
import { keep, recall } from './kept.ts';

type TaskRun = Pick<NeededResult, 'task' | 'visit'>;

/** Loads what a decision may ask of the record of a run.
 *  @param ending the run of a task that perhaps ends with this decision: what its items come to is not known for good before */
export async function recordedFor(
  tx: Tx,
  graph: WorkflowGraph,
  run: Id,
  needed: Needed,
  ending: TaskRun,
): Promise<Recorded> {
  const results = await resultsOf(tx, graph, run, needed.results, ending);
  const { chunkSize } = workflowItemLists;
  const first = Math.floor((needed.elements?.from ?? 0) / chunkSize);
  const elements = needed.elements === null ? [] : await elementsOf(tx, run, needed.elements, first);
  return {
    result: (task, visit) => {
      const result = results.get(keyOf({ task, visit }));
      return result === undefined ? undefined : openSecrets(result, tx.vault);
    },
    elements: (_task, _visit, from, to) => elements.slice(from - first * chunkSize, to - first * chunkSize),
  };
}

/** Keeps the lists that tasks begin to go through. One that may hold a secret is sealed. */
export async function keepLists(tx: Tx, run: Id, lists: readonly ItemList[]): Promise<void> {
  const { chunkSize } = workflowItemLists;
  for (const { task, visit, elements, secret } of lists) {
    const chunks = Array.from({ length: Math.ceil(elements.length / chunkSize) }, (_, chunk) => {
      const items = elements.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
      return { size: items.length, items: secret ? seal(items, tx.vault) : items };
    });
    await workflowItemLists.append(tx, { workflow_execution: run, task_name: task, visit }, chunks);
  }
}

async function resultsOf(
  tx: Tx,
  graph: WorkflowGraph,
  run: Id,
  needed: readonly NeededResult[],
  ending: TaskRun,
): Promise<Map<string, Json>> {
  const known = new Map<string, Json>();
  const missing = needed.filter((one) => {
    const result = recall(tx, resultKey(run, one));
    if (result !== undefined) known.set(keyOf(one), result);
    return result === undefined;
  });
  const learn = (one: TaskRun, result: Json): void => {
    known.set(keyOf(one), result);
    if (keyOf(one) !== keyOf(ending)) keep(tx, resultKey(run, one), result);
  };
  const plain = missing.filter((one) => !one.items);
  const rows = plain.length === 0 ? [] : await workflowExecutions.results(tx, run, plain);
  for (const { task_name: task, visit, result } of rows) learn({ task, visit }, result);
  for (const one of missing) if (one.items) learn(one, await itemResults(tx, graph, run, one));
  return known;
}

/** What the items of a task came to, in their order, null where one did not succeed; of a task whose items could not even be told, what
 *  it came to itself. */
async function itemResults(tx: Tx, graph: WorkflowGraph, run: Id, { task, visit }: TaskRun): Promise<Json> {
  const rows = await workflowExecutions.itemResults(tx, run, task, visit);
  const [alone] = rows;
  if (alone?.index === null) return alone.result;
  const length = await workflowItemLists.length(tx, { workflow_execution: run, task_name: task, visit });
  const results = new Array<Json>(Math.ceil(length / (graph.tasks.get(task)?.definition.batch_size ?? 1))).fill(null);
  for (const { index, result } of rows) if (index !== null) results[index] = result;
  return results;
}

/** The elements of a list from the beginning of a chunk on, so far that those needed are among them. */
async function elementsOf(
  tx: Tx,
  run: Id,
  { task, visit, to }: NonNullable<Needed['elements']>,
  first: number,
): Promise<Json[]> {
  const last = Math.ceil(to / workflowItemLists.chunkSize);
  const chunks = new Map<number, Json>();
  const missing: number[] = [];
  for (let chunk = first; chunk < last; chunk += 1) {
    const kept = recall(tx, chunkKey(run, { task, visit }, chunk));
    if (kept === undefined) missing.push(chunk);
    else chunks.set(chunk, kept);
  }
  if (missing.length > 0) {
    const list = { workflow_execution: run, task_name: task, visit };
    for (const { chunk, items } of await workflowItemLists.chunks(tx, list, missing)) {
      chunks.set(chunk, items);
      keep(tx, chunkKey(run, { task, visit }, chunk), items);
    }
  }
  const numbers = [...chunks.keys()].sort((a, b) => a - b);
  return numbers.flatMap((chunk) => openSecrets(chunks.get(chunk) ?? [], tx.vault) as Json[]);
}

const keyOf = ({ task, visit }: TaskRun): string => `${visit} ${task}`;

const resultKey = (run: Id, one: TaskRun): string => `result ${run} ${keyOf(one)}`;

const chunkKey = (run: Id, one: TaskRun, chunk: number): string => `items ${run} ${chunk} ${keyOf(one)}`;
