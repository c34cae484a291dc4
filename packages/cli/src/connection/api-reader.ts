import type { AttuneClient, ExecutionNode } from '@attune/client';
import type { Reader } from '../follow/reader.ts';

/** Looks at executions through the API. */
export const apiReader = (client: AttuneClient): Reader => ({
  execution: async (id) => (await client.getExecution({ path: { id } })).data,
  tree: async (id) => flatten((await client.getExecutionTree({ path: { id } })).data),
  log: async (id, stream, offset) => (await client.getExecutionLog({ path: { id }, query: { stream, offset } })).data,
});

/** A tree as a list, each after its parent. */
export const flatten = (node: ExecutionNode): ExecutionNode[] => [node, ...node.children.flatMap(flatten)];
