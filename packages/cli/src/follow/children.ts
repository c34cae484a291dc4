import type { Id } from '@attune/core';
import type { SeenExecution } from './reader.ts';

/** The executions below each, by the parent's id, in the order of the list. */
export function childrenByParent<E extends Pick<SeenExecution, 'parent'>>(executions: readonly E[]): Map<Id, E[]> {
  const children = new Map<Id, E[]>();
  for (const execution of executions) {
    if (execution.parent === null) continue;
    const siblings = children.get(execution.parent);
    if (siblings === undefined) children.set(execution.parent, [execution]);
    else siblings.push(execution);
  }
  return children;
}
