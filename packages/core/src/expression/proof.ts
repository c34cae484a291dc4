import type { Json } from '../json.ts';

/** How an expression came to its value: a tree of clauses, each with its operands and its result, in plain JSON.
 *
 *  Leaves are literals, values that were read, and operands that were never evaluated because the others decided already. All
 *  other nodes are clauses, whose results follow from their operands: `replay` computes them again without the scope.
 *
 *  A node whose result is larger than {@link largestKept} has `omitted` instead. What was read cannot be computed again without
 *  it, so a clause above such a leaf stands on record: its own `result`, marked `recorded`, is what counts. The root always
 *  has its result, however large. */
export type Proof = LiteralProof | ReadProof | ClauseProof | UnevaluatedProof;

/** What a node says of its result: the result itself, or that it is too large to be kept. */
type Outcome = {
  result?: Json;
  /** The result is a float without a fraction, which JSON cannot tell from an integer. */
  float?: true;
  omitted?: Omitted;
};

export type LiteralProof = { op: 'literal'; text: string } & Outcome;

/** A value that was read: by its name, and from there by fields and indices. */
export type ReadProof = {
  op: 'read';
  text: string;
  /** The name (`result()` for a function of the scope) and the keys; an index is a number. */
  path: (string | number)[];
  /** There is no such thing, and null stands for it. */
  missing?: true;
  /** How keys in brackets came about, unless they are literals. */
  operands?: Proof[];
} & Outcome;

/** An operator (`and or not == != < > <= >= in + - * / %`, `-` with one operand for a negation), `list`, `access` (container and
 *  key), `call`, `truth` (whether the operand counts as true), or one of the predicates of a rule (`equals`, `contains` ...). */
export type ClauseProof = {
  op: string;
  /** The clause as it is written, its first 200 characters. */
  text: string;
  operands: Proof[];
  /** Of a call. */
  function?: string;
  /** Of an access: nothing was there, and null stands for it. */
  missing?: true;
  /** The result stands for itself, because some operand is omitted. */
  recorded?: true;
} & Outcome;

export type UnevaluatedProof = { op: 'not_evaluated'; text: string };

/** What a result too large to be kept was. */
export type Omitted = {
  type: string;
  /** As `sizeOf` counts. At least: counting stops at some point. */
  size: number;
  /** The beginning of a string. */
  preview?: string;
};

/** Largest result a node keeps, as `sizeOf` counts. */
export const largestKept = 1_000;
