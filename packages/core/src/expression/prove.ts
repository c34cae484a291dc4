import type { Json } from '../json.ts';
import type { Budget } from './budget.ts';
import { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import type { Proof } from './proof.ts';
import { rootProof } from './proven.ts';
import { proveCondition, proveWithin } from './prover.ts';
import { inWordsOf, type Scope } from './scope.ts';
import { truthy } from './value.ts';

/** The value of an expression, the same as {@link evaluate} gives, and how it came about.
 *  @throws ExpressionError where `evaluate` does */
export function prove(expression: Expression, scope: Scope, budget?: Partial<Budget>): { value: Json; proof: Proof } {
  return inWordsOf(scope, () => {
    const evaluation = new Evaluation(budget);
    const proven = proveWithin(expression, scope, evaluation);
    evaluation.at = expression.root.at;
    return { value: evaluation.give(proven.value), proof: rootProof(proven) };
  });
}

/** Whether a condition holds, the same as {@link holds} says, and how it came about; the proof's result is true or false.
 *  @throws ExpressionError where `holds` does */
export function proveHolds(
  condition: Expression,
  scope: Scope,
  budget?: Partial<Budget>,
): { holds: boolean; proof: Proof } {
  const proven = inWordsOf(scope, () => proveCondition(condition, scope, new Evaluation(budget)));
  return { holds: truthy(proven.value), proof: rootProof(proven) };
}
