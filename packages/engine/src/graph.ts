import { buildGraph, type JsonObject, type WorkflowDefinition, type WorkflowGraph } from '@attune/core';
import { revisions, type Tx } from '@attune/db';

/** Most graphs kept. A graph is a pure function of an immutable definition, so a kept one is never stale. */
const most = 200;

const graphs = new Map<string, WorkflowGraph>();

/** The graph of a workflow revision, which is read where the graph is not kept. */
export async function graphOf(tx: Tx, revision: string): Promise<WorkflowGraph> {
  const kept = graphs.get(revision);
  if (kept !== undefined) return kept;
  const found = await revisions.find(tx, revision);
  if (found === undefined) throw new Error(`Revision ${revision} is not kept`);
  return keepGraph(revision, found.definition);
}

/** The graph of a revision whose definition is at hand. */
export const graphIn = (revision: string, definition: JsonObject): WorkflowGraph =>
  graphs.get(revision) ?? keepGraph(revision, definition);

function keepGraph(revision: string, definition: JsonObject): WorkflowGraph {
  const graph = buildGraph(definition['workflow'] as unknown as WorkflowDefinition);
  const [oldest] = graphs.keys();
  if (graphs.size >= most && oldest !== undefined) graphs.delete(oldest);
  graphs.set(revision, graph);
  return graph;
}
