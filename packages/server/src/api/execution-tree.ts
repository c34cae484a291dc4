import type { Id } from '@attune/core';
import type { lists } from '@attune/db';

export interface ExecutionNode extends lists.ExecutionSummary {
  truncated: boolean;
  children: ExecutionNode[];
}

/** The tree of rows that stand after their parents; undefined where there is no row. At most `limit` of them are shown. */
export function treeOf(rows: readonly lists.ExecutionSummary[], limit: number): ExecutionNode | undefined {
  const nodes = new Map<Id, ExecutionNode>();
  let root: ExecutionNode | undefined;
  for (const row of rows.slice(0, limit)) {
    const node: ExecutionNode = { ...row, truncated: root === undefined && rows.length > limit, children: [] };
    nodes.set(row.id, node);
    if (root !== undefined && row.parent !== null) nodes.get(row.parent)?.children.push(node);
    root ??= node;
  }
  return root;
}
