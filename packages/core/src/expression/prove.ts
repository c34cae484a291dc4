import type { Json } from '../json.ts';
import type { Budget } from './budget.ts';
import { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import type { Proof } from './proof.ts';
import { rootProof } from './proven.ts';
import { proveWithin } from './prover.ts';
import type { Scope } from './scope.ts';

/** The value of an expression, the same as {@link evaluate} gives, and how it came about.
 *  @throws ExpressionError where `evaluate` does */
export function prove(expression: Expression, scope: Scope, budget?: Partial<Budget>): { value: Json; proof: Proof } {
  const evaluation = new Evaluation(budget);
  const proven = proveWithin(expression, scope, evaluation);
  evaluation.at = expression.root.at;
  return { value: evaluation.give(proven.value), proof: rootProof(proven) };
}
