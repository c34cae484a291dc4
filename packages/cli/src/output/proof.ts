import { isJsonObject, stringifyJson, type ClauseProof, type Json, type Omitted, type Proof } from '@attune/core';
import { safeLine } from './safe-text.ts';

interface Outcome {
  result?: Json;
  omitted?: Omitted;
  missing?: true;
}

/** The clauses that made a condition come out as it did: of an `and` that is false the operand that is, of one that is true all of them,
 *  and the other way round for `or`; what was never looked at is left out. */
export function decisiveClauses(proof: Proof): Proof[] {
  if (!isClause(proof)) return proof.op === 'not_evaluated' ? [] : [proof];
  switch (proof.op) {
    case 'and':
    case 'or': {
      const evaluated = proof.operands.filter((operand) => operand.op !== 'not_evaluated');
      const isDecidedByOne = holds(proof) === (proof.op === 'or');
      return (isDecidedByOne ? evaluated.slice(-1) : evaluated).flatMap(decisiveClauses);
    }
    case 'not':
    case 'truth':
      return proof.operands.flatMap(decisiveClauses);
    default:
      return [proof];
  }
}

/** One clause with what it came to: as it is written, whether it is true, and the same with the values it was given:
 *  `event.payload.ref == "refs/heads/main"  is false:  "refs/heads/dev" == "refs/heads/main"`. */
export function formatClause(clause: Proof): string {
  const text = safeLine(clause.text);
  if (!isClause(clause)) return `${text}  is ${outcomeText(clause)}`;
  const filled = withValues(clause);
  const result = typeof clause.result === 'boolean' ? String(clause.result) : outcomeText(clause);
  return filled === clause.text ? `${text}  is ${result}` : `${text}  is ${result}:  ${filled}`;
}

function withValues(clause: ClauseProof): string {
  const values = clause.operands.map(outcomeText);
  if (clause.op === 'call') return `${clause.function ?? ''}(${values.join(', ')})`;
  const [first = '', second] = values;
  return second === undefined ? `${clause.op} ${first}` : `${first} ${clause.op} ${second}`;
}

/** What a part of a condition came to, in one line; what was too large to be kept by its type, size and beginning. */
function outcomeText(proof: Proof): string {
  if (proof.op === 'not_evaluated') return safeLine(proof.text);
  const { omitted, missing, result = null } = outcomeOf(proof);
  if (missing === true) return 'missing';
  return omitted === undefined ? safeLine(stringifyJson(result)) : omittedText(omitted);
}

/** Every part that was evaluated has its result, or says why it was too large. */
const outcomeOf = (proof: Proof): Outcome => (proof.op === 'not_evaluated' ? {} : (proof as Outcome));

const omittedText = ({ type, size, preview }: Omitted): string =>
  preview === undefined
    ? `(${type} of size ${size})`
    : `${safeLine(JSON.stringify(preview))} (${type} of size ${size})`;

const isClause = (proof: Proof): proof is ClauseProof => 'operands' in proof && proof.op !== 'read';

function holds(proof: Proof): boolean {
  if (proof.op === 'not_evaluated') return false;
  const { omitted, result = null } = outcomeOf(proof);
  return omitted !== undefined || isTrue(result);
}

/** As conditions count it: null, false, 0, and what is empty are false. */
function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}
