import { buildGraph, type JsonObject, type WorkflowDefinition, type WorkflowGraph } from '@attune/core';

/** Most graphs kept. A graph is a pure function of an immutable definition, so a kept one is never stale. */
const most = 200;

const graphs = new Map<string, WorkflowGraph>();

/** The graph of a workflow revision. */
export function graphOf(revision: string, definition: JsonObject): WorkflowGraph {
  const kept = graphs.get(revision);
  if (kept !== undefined) return kept;
  const graph = buildGraph(definition['workflow'] as unknown as WorkflowDefinition);
  const [oldest] = graphs.keys();
  if (graphs.size >= most && oldest !== undefined) graphs.delete(oldest);
  graphs.set(revision, graph);
  return graph;
}
