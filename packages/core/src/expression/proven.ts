import {
  largestKept,
  type ClauseProof,
  type LiteralProof,
  type Proof,
  type ReadProof,
  type UnevaluatedProof,
} from './proof.ts';
import { sizeOf } from './size.ts';
import { holdsFloat, toJson, typeOf, type Value, isFloat } from './value.ts';

/** A value with its proof, while the proof grows. */
export interface Proven {
  value: Value;
  proof: Proof;
  /** Whether the value can be computed again from the proof alone. */
  replayable: boolean;
}

/** Longest text of a clause in a proof, in characters. */
const longestText = 200;

/** A literal, always with its value: it is no larger than the expression. */
export function provenLiteral(value: Value, text: string): Proven {
  const proof: LiteralProof = { op: 'literal', text: cut(text), ...kept(value) };
  return { value, proof, replayable: true };
}

export function provenRead(
  value: Value | undefined,
  text: string,
  path: (string | number)[],
  operands: readonly Proven[] = [],
): Proven {
  const replayable = isSmall(value ?? null);
  const proof: ReadProof = {
    op: 'read',
    text: cut(text),
    path,
    ...(operands.length === 0 ? {} : { operands: operands.map((one) => one.proof) }),
    ...(value === undefined ? { missing: true } : {}),
    ...(replayable ? kept(value ?? null) : { omitted: summary(value ?? null) }),
  };
  return { value: value ?? null, proof, replayable };
}

export function provenClause(
  op: string,
  text: string,
  operands: readonly Proven[],
  value: Value,
  more: Pick<ClauseProof, 'function' | 'missing'> = {},
): Proven {
  const fromOperands = operands.every((one) => one.replayable);
  // a float inside of a list would come back from JSON as an integer, so such a list cannot stand on record
  const recordable = isSmall(value) && (isFloat(value) || !holdsFloat(value));
  const proof: ClauseProof = {
    op,
    ...more,
    text: cut(text),
    operands: operands.map((one) => one.proof),
    ...(isSmall(value) ? kept(value) : { omitted: summary(value) }),
    ...(!fromOperands && recordable ? { recorded: true } : {}),
  };
  return { value, proof, replayable: fromOperands || recordable };
}

/** An operand that was not needed. It has no value; none is ever asked for. */
export function unevaluated(text: string): Proven {
  const proof: UnevaluatedProof = { op: 'not_evaluated', text: cut(text) };
  return { value: null, proof, replayable: true };
}

/** The proof of the whole, which carries its result in any case. */
export function rootProof({ proof, value, replayable }: Proven): Proof {
  if (proof.op === 'not_evaluated' || !('omitted' in proof)) return proof;
  const whole = { ...proof, ...kept(value), ...(replayable || isLeaf(proof) ? {} : { recorded: true as const }) };
  delete whole.omitted;
  return whole;
}

const isLeaf = (proof: { op: string }): boolean => proof.op === 'read' || proof.op === 'literal';

const isSmall = (value: Value): boolean => sizeOf(value, largestKept) <= largestKept;

const kept = (value: Value): Pick<LiteralProof, 'result' | 'float'> =>
  isFloat(value) ? { result: toJson(value), float: true } : { result: toJson(value) };

function summary(value: Value): NonNullable<LiteralProof['omitted']> {
  const size = sizeOf(value, mostCounted);
  const type = typeOf(value);
  return typeof value === 'string' ? { type, size, preview: cut(value) } : { type, size: Math.min(size, mostCounted) };
}

/** Counting the size of what is omitted ends here. */
const mostCounted = 1_000_000;

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
