import type { Expression } from '../expression/expression.ts';
import type { PredicateName } from '../expression/predicate.ts';
import type { Json } from '../json.ts';

/** The conditions of a rule, parsed. */
export type Condition = ExpressionCondition | FieldCondition | ConditionGroup;

export interface ExpressionCondition {
  kind: 'expression';
  expression: Expression;
  /** JSON pointer of the text in the rule's conditions. */
  pointer: string;
}

/** One `{field, operator, value}` of the list form. */
export interface FieldCondition {
  kind: 'field';
  /** Keys inside the event's payload; digits are also an index of a list. */
  path: readonly string[];
  operator: PredicateName;
  value: Json;
  pointer: string;
}

/** Conditions of which all, or any one, must hold. */
export interface ConditionGroup {
  kind: 'all' | 'any';
  conditions: readonly Condition[];
}
