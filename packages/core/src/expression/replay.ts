import { AttuneError } from '../errors.ts';
import type { Json } from '../json.ts';
import { access } from './access.ts';
import type { Budget } from './budget.ts';
import { applyNegation } from './interpret.ts';
import { Evaluation } from './evaluation.ts';
import { callBuiltIn } from './function/built-in.ts';
import { builtIns } from './function/table.ts';
import { binaryOperators, type BinaryOperator } from './node.ts';
import { applyOperator } from './operator.ts';
import { isPredicateName, predicates } from './predicate.ts';
import type { ClauseProof, Proof } from './proof.ts';
import { truthy, type Value, float } from './value.ts';

/** Computes the value of a proof again from its leaves: no scope is needed, and no result of a clause is believed unless it stands
 *  on record. Comparing what it gives with the proof's own result tells whether the proof is sound.
 *  @throws AttuneError where the proof is no proof, ExpressionError where its clauses cannot be computed */
export function replay(proof: Proof, budget?: Partial<Budget>): Json {
  const evaluation = new Evaluation(budget);
  return evaluation.give(valueOf(proof, evaluation));
}

function valueOf(proof: Proof, evaluation: Evaluation): Value {
  evaluation.step();
  switch (proof.op) {
    case 'literal':
    case 'read':
      return onRecord(proof);
    case 'not_evaluated':
      return refuse(`the operand ${JSON.stringify(proof.text)} was not evaluated`);
    default:
      return isClause(proof) ? ofClause(proof, evaluation) : refuse(`${JSON.stringify(proof)} has no operands`);
  }
}

const isClause = (proof: Proof): proof is ClauseProof => 'operands' in proof && Array.isArray(proof.operands);

function ofClause(proof: ClauseProof, evaluation: Evaluation): Value {
  if (proof.recorded === true) return onRecord(proof);
  if (proof.missing === true) return null;
  evaluation.text = proof.text;
  evaluation.at = 0;
  const { op, operands } = proof;
  if (op === 'and') return operands.every((operand) => truthy(valueOf(operand, evaluation)));
  if (op === 'or') return operands.some((operand) => truthy(valueOf(operand, evaluation)));
  // `in` is both, and means the same: the predicate's value is always a list
  if (isPredicateName(op) && !isBinaryOperator(op)) return ofPredicate(op, operands, evaluation);
  const values = operands.map((operand) => valueOf(operand, evaluation));
  const [first = null, second = null] = values;
  switch (op) {
    case 'not':
      return !truthy(first);
    case 'truth':
      return truthy(first);
    case 'list':
      return values;
    case 'access':
      return access(first, second, { dotted: false, missing: 'error' }, evaluation) ?? null;
    case 'call': {
      const builtIn = builtIns.get(proof.function ?? '');
      if (builtIn === undefined) return refuse(`there is no function ${JSON.stringify(proof.function ?? '')}`);
      return callBuiltIn(proof.function ?? '', builtIn, values, [], evaluation);
    }
    default:
      if (op === '-' && values.length === 1) return applyNegation(first, evaluation);
      if (isBinaryOperator(op)) return applyOperator(op, first, second, evaluation);
      return refuse(`there is no operator ${JSON.stringify(op)}`);
  }
}

/** A predicate also tells what is missing from what is null. */
function ofPredicate(op: keyof typeof predicates, operands: readonly Proof[], evaluation: Evaluation): boolean {
  const [field, value] = operands;
  if (field === undefined || value === undefined) return refuse(`${op} needs a field and a value`);
  const isMissing = field.op === 'read' && 'missing' in field;
  return predicates[op](isMissing ? undefined : valueOf(field, evaluation), valueOf(value, evaluation), evaluation);
}

const isBinaryOperator = (op: string): op is BinaryOperator => (binaryOperators as readonly string[]).includes(op);

function onRecord(proof: Exclude<Proof, { op: 'not_evaluated' }>): Value {
  const { result } = proof as ClauseProof;
  if (result === undefined) return refuse(`the result of ${JSON.stringify(proof.text)} is omitted`);
  return 'float' in proof ? float(Number(result)) : result;
}

function refuse(reason: string): never {
  throw new AttuneError('invalid_input', `The proof cannot be replayed: ${reason}`);
}
