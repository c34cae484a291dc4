import type { Json } from '../json.ts';
import type { Budget } from './budget.ts';
import { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { evaluateWithin } from './interpret.ts';
import { inWordsOf, type Scope } from './scope.ts';
import { truthy } from './value.ts';

/** The value of an expression.
 *  @throws ExpressionError */
export const evaluate = (expression: Expression, scope: Scope, budget?: Partial<Budget>): Json =>
  inWordsOf(scope, () => evaluateWithin(expression, scope, new Evaluation(budget)));

/** Whether a condition holds: its value counts as true.
 *  @throws ExpressionError */
export const holds = (condition: Expression, scope: Scope, budget?: Partial<Budget>): boolean =>
  truthy(evaluate(condition, scope, budget));
