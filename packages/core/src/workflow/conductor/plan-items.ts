import type { Scope } from '../../expression/scope.ts';
import { named } from '../../expression/comparison.ts';
import type { Expression } from '../../expression/expression.ts';
import { evaluate } from '../../expression/evaluate.ts';
import type { Json } from '../../json.ts';
import { describe } from '../../yaml/shape.ts';
import type { TaskNode } from '../graph/graph.ts';
import { itemsOf } from '../program.ts';
import { attempt, explain, render, type Evaluated } from './evaluate.ts';
import { mostReleased } from './items-run.ts';
import type { StartError } from './step.ts';
import type { Turn } from './turn.ts';

/** What a run of a task goes through, or why that cannot be told. */
export type Plan =
  | {
      elements: readonly Json[];
      /** How many items they make. */
      count: number;
      /** Most items that may be under way at a time. */
      limit: number;
      warning?: string;
      error?: never;
    }
  | { error: StartError };

/** Longest list. Its elements are kept, and read again as they are needed; the list as a whole is in memory when the task starts. */
export const mostElements = 1_000_000;

/** Works out a run's list and how many of its items may be under way at a time, once, before any of them starts. */
export function planItems(turn: Turn, node: TaskNode, visit: number, scope: Scope): Plan {
  const { name, batch_size } = node.definition;
  const template = itemsOf(node.definition);
  const rendered = render(template, scope);
  const recorded = turn.recorded.list?.(name, visit);
  if (rendered.error !== undefined && recorded === undefined) return failing(`task '${name}', with_items`, rendered);
  const concurrency = concurrencyOf(turn, node, scope);
  if (concurrency.error !== undefined) return failing(`task '${name}', concurrency`, concurrency);
  const most = concurrency.value ?? mostReleased;
  if (typeof most !== 'number' || !Number.isInteger(most) || most < 1) {
    const got = shown(turn, name, turn.graph.programOf(name).concurrency, most);
    return refusing('type', `task '${name}', concurrency: it must be null or an integer of 1 or more, not ${got}`);
  }
  const value = rendered.error === undefined ? rendered.value : [...(recorded ?? [])];
  const elements = recorded ?? (Array.isArray(value) ? value : [value]);
  if (elements.length > mostElements) {
    const message = `the list has ${elements.length} elements, at most ${mostElements} are possible; use several tasks`;
    return refusing('out_of_bounds', `task '${name}', with_items: ${message}`);
  }
  const count = Math.ceil(elements.length / (batch_size ?? 1));
  const plan = { elements, count, limit: Math.min(most, mostReleased) };
  if (Array.isArray(value)) return plan;
  const got = shown(turn, name, template, value);
  return { ...plan, warning: `task '${name}', with_items: it gave ${got}, no list, which makes one item` };
}

/** What a value is; of one that a secret may stand in only its type. */
function shown({ facts: { secrets } }: Turn, task: string, source: Expression | Json | undefined, value: Json): string {
  const reads = source === undefined ? [] : secrets?.reads(source, secrets.starting(task));
  return reads === undefined || reads.length === 0 ? describe(value) : named(value);
}

/** Null: no limit. */
function concurrencyOf({ graph }: Turn, { definition }: TaskNode, scope: Scope): Evaluated<Json> {
  const { concurrency } = graph.programOf(definition.name);
  if (concurrency !== undefined) return attempt(() => evaluate(concurrency, scope));
  return { value: definition.concurrency ?? null };
}

function failing(place: string, { error }: Extract<Evaluated<Json>, { error: unknown }>): { error: StartError } {
  return { error: { ...error.toRecord(), message: explain(place, error) } };
}

const refusing = (kind: string, message: string): { error: StartError } => ({ error: { kind, message } });
