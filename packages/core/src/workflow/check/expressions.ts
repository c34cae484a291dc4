import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, type Expression } from '../../expression/expression.ts';
import { expressionsIn, templatesIn } from '../../expression/template.ts';
import type { Json } from '../../json.ts';
import type { WorkflowSource } from '../file/parse.ts';
import { readsIn, type Read } from './reads.ts';

/** An expression of a workflow, and when it is evaluated. */
export interface PlacedExpression {
  /** JSON pointer of its text in the file. */
  pointer: string;
  expression: Expression;
  reads: readonly Read[];
  /** By its place in the file; undefined for the `output_map`. */
  task: number | undefined;
  /** `retry`: after an attempt, before any transition. A transition and one entry of its `publish` by their places; `entry` is -1 for
   *  its condition. */
  moment: 'start' | 'retry' | 'end' | { transition: number; entry: number };
}

/** Every expression of a workflow that can be parsed. */
export function expressionsOf({ keys, tasks }: WorkflowSource): PlacedExpression[] {
  const found: PlacedExpression[] = [];
  /** Some texts stand everywhere, such as `succeeded()`: each is parsed once. */
  const known = new Map<string, readonly Pick<PlacedExpression, 'expression' | 'reads'>[]>();
  const look = (key: string, parse: () => Expression[]): readonly Pick<PlacedExpression, 'expression' | 'reads'>[] => {
    const all = known.get(key) ?? parsed(parse).map((expression) => ({ expression, reads: readsIn(expression) }));
    known.set(key, all);
    return all;
  };
  const condition = (
    at: { pointer: string; value: Json } | undefined,
    place: Pick<PlacedExpression, 'task' | 'moment'>,
  ): void => {
    if (typeof at?.value !== 'string') return;
    const { value } = at;
    for (const one of look(`condition ${value}`, () => [parseCondition(value)])) {
      found.push({ pointer: at.pointer, ...one, ...place });
    }
  };
  const template = (value: Json, pointer: string, place: Pick<PlacedExpression, 'task' | 'moment'>): void => {
    for (const { text, pointer: where } of templatesIn(value, pointer)) {
      for (const one of look(`template ${text}`, () => expressionsIn(text)))
        found.push({ ...place, pointer: where, ...one });
    }
  };
  tasks.forEach(({ keys: task, transitions }, index) => {
    const start = { task: index, moment: 'start' } as const;
    condition(task.when, start);
    condition(task.concurrency, start);
    if (task.with_items !== undefined) template(task.with_items.value, task.with_items.pointer, start);
    template(task.input.value, task.input.pointer, start);
    condition(task.retry?.on_error, { task: index, moment: 'retry' });
    transitions.forEach(({ when, publish }, transition) => {
      condition(when, { task: index, moment: { transition, entry: -1 } });
      publish.forEach(({ pointer, value }, entry) => {
        if (typeof value !== 'string') template(value, pointer, { task: index, moment: { transition, entry } });
      });
    });
  });
  for (const { pointer, value } of Object.values(keys.output_map ?? {})) {
    template(value, pointer, { task: undefined, moment: 'end' });
  }
  return found;
}

/** What cannot be parsed is told elsewhere. */
function parsed(parse: () => Expression[]): Expression[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
