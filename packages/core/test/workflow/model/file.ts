import { stringify } from 'yaml';
import type { TaskDefinition, WorkflowDefinition } from '../../../src/workflow/definition.ts';
import { taskOf } from '../arrows.ts';

/** A workflow as its author would write it, defaults left out. */
export function fileOf(definition: WorkflowDefinition): string {
  const { ref, version, vars, max_visits, tasks, output_map } = definition;
  return stringify(
    { ref, version, vars, max_visits, tasks: tasks.map(taskKeys), ...(output_map === null ? {} : { output_map }) },
    { lineWidth: 140 },
  );
}

function taskKeys(task: TaskDefinition): Record<string, unknown> {
  const plain = taskOf(task.name) as unknown as Record<string, unknown>;
  const kept = Object.entries(task as unknown as Record<string, unknown>).filter(
    ([key, value]) => key === 'action' || JSON.stringify(value) !== JSON.stringify(plain[key]),
  );
  return { name: task.name, ...Object.fromEntries(kept.map(([key, value]) => [key, withoutNulls(key, value)])) };
}

function withoutNulls(key: string, value: unknown): unknown {
  if (key === 'next') return (value as Record<string, unknown>[]).map((transition) => presentIn(transition));
  return key === 'retry' ? presentIn(value as Record<string, unknown>) : value;
}

const presentIn = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
