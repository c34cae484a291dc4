import type { Expression } from '../../expression/expression.ts';
import type { Scope } from '../../expression/scope.ts';
import { holds, type Evaluated } from './evaluate.ts';
import type { Turn } from './turn.ts';

/** Whose condition was evaluated: the `when` of a task that is about to run, the `when` of a transition (by its place in `next`), or the
 *  `on_error` of a retry policy. */
export type ConditionOf = { task: string; visit: number } & (
  { kind: 'task' } | { kind: 'transition'; index: number } | { kind: 'retry' }
);

/** Is told of every condition while it is evaluated, with all that it sees at that moment; what it does changes no decision. The scope
 *  is good only during the call: later publishes change what it reads. */
export type Witness = (of: ConditionOf, condition: Expression, scope: Scope) => void;

/** Whether a condition holds, before whoever watches. */
export function holdsFor(turn: Turn, of: ConditionOf, condition: Expression | null, scope: Scope): Evaluated<boolean> {
  if (condition !== null) turn.witness?.(of, condition, scope);
  return holds(condition, scope);
}
