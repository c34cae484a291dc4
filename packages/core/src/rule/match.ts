import type { Problem } from '../errors.ts';
import { ExpressionError, type ExpressionErrorKind } from '../expression/error.ts';
import { Evaluation } from '../expression/evaluation.ts';
import { find } from '../expression/access.ts';
import { predicates } from '../expression/predicate.ts';
import type { Proof } from '../expression/proof.ts';
import { provenClause, provenLiteral, provenRead, rootProof, unevaluated, type Proven } from '../expression/proven.ts';
import { proveCondition } from '../expression/prover.ts';
import { inWordsOf, type Scope } from '../expression/scope.ts';
import { truthy, type Value } from '../expression/value.ts';
import { stringifyJson, type Json } from '../json.ts';
import type { Condition, ConditionGroup, FieldCondition } from './condition.ts';
import type { EventFacts, RuleContext } from './event-facts.ts';
import { maskProof } from '../workflow/secrets/mask-proof.ts';
import { parseConditions } from './parse-conditions.ts';
import { isSecretInRule } from './secrets.ts';
import { ruleScope } from './scope.ts';

/** Whether a rule's conditions hold for an event, and why. */
export interface MatchResult {
  matches: boolean;
  /** The clauses with their operands and results; null where there are no conditions, or where there is an error. */
  proof: Proof | null;
  /** Why the conditions could not be evaluated; then they do not match. */
  error: RuleError | null;
}

/** What went wrong in a rule on one event, for the record. */
export type RuleError = {
  /** `malformed`: the conditions or parameters are not what a rule may have. */
  kind: ExpressionErrorKind | 'malformed';
  message: string;
  /** JSON pointer into the rule's conditions or parameters. */
  pointer: string;
  /** The expression, and the place in it. */
  expression?: string;
  line?: number;
  column?: number;
};

/** Decides whether a rule's conditions hold for an event: the one decision, asked at the time and for an explanation afterwards.
 *  An event without payload is treated like any other. The proof tells no secret of the configuration. */
export function matchConditions(conditions: Json, event: EventFacts, context: RuleContext): MatchResult {
  const { condition, problems } = parseConditions(conditions);
  if (condition === undefined || problems.length > 0) {
    return { matches: false, proof: null, error: malformed(problems) };
  }
  if (condition.kind === 'all' && condition.conditions.length === 0) return { matches: true, proof: null, error: null };
  try {
    const proven = prove(condition, event, ruleScope(event, context), new Evaluation());
    const secret = context.pack.secret_config ?? [];
    const proof = maskProof(rootProof(proven), (path) => isSecretInRule(path, secret));
    return { matches: truthy(proven.value), proof, error: null };
  } catch (error) {
    if (error instanceof ExpressionError) return { matches: false, proof: null, error: ruleError(error) };
    throw error;
  }
}

/** Conditions that were not checked when the rule was made. */
function malformed([first]: readonly Problem[]): RuleError {
  const { message = 'The conditions are malformed', pointer = '', line, column } = first ?? {};
  const place = line === undefined || column === undefined ? {} : { line, column };
  return { kind: 'malformed', message, pointer, ...place };
}

export const ruleError = (error: ExpressionError): RuleError => ({ pointer: '', ...error.toRecord() });

function prove(condition: Condition, event: EventFacts, scope: Scope, evaluation: Evaluation): Proven {
  switch (condition.kind) {
    case 'expression':
      try {
        return inWordsOf(scope, () => proveCondition(condition.expression, scope, evaluation));
      } catch (error) {
        throw error instanceof ExpressionError ? error.under(condition.pointer) : error;
      }
    case 'field':
      return proveField(condition, event, evaluation);
    case 'all':
    case 'any':
      return proveGroup(condition, event, scope, evaluation);
  }
}

function proveField(condition: FieldCondition, event: EventFacts, evaluation: Evaluation): Proven {
  const { path, operator, value } = condition;
  evaluation.text = textOf(condition);
  evaluation.at = 0;
  let found: Value | undefined = event.payload;
  for (const key of path) {
    evaluation.step();
    found = found === undefined ? undefined : find(found, key, true, evaluation);
  }
  const field = provenRead(found, path.join('.'), ['event', 'payload', ...path]);
  const given = provenLiteral(value, stringifyJson(value));
  try {
    return provenClause(operator, evaluation.text, [field, given], predicates[operator](found, value, evaluation));
  } catch (error) {
    throw error instanceof ExpressionError ? error.under(condition.pointer) : error;
  }
}

function proveGroup(group: ConditionGroup, event: EventFacts, scope: Scope, evaluation: Evaluation): Proven {
  const decisive = group.kind === 'any';
  const operands: Proven[] = [];
  let decided = false;
  for (const condition of group.conditions) {
    const proven: Proven = decided ? unevaluated(textOf(condition)) : prove(condition, event, scope, evaluation);
    operands.push(proven);
    decided ||= truthy(proven.value) === decisive;
  }
  const [only] = operands;
  if (operands.length === 1 && only !== undefined) return only;
  return provenClause(operatorOf[group.kind], textOf(group), operands, decided ? decisive : !decisive);
}

const operatorOf = { all: 'and', any: 'or' } as const;

/** A condition as one would write it in an expression. */
function textOf(condition: Condition): string {
  switch (condition.kind) {
    case 'expression': {
      const { text } = condition.expression;
      return text.trim();
    }
    case 'field':
      return `${condition.path.join('.')} ${condition.operator} ${stringifyJson(condition.value)}`;
    case 'all':
    case 'any':
      return condition.conditions.map((one) => `(${textOf(one)})`).join(` ${operatorOf[condition.kind]} `);
  }
}
