import {
  compareNumbers,
  doubleOf,
  floatOf,
  integerOf,
  isInteger,
  isNumeric,
  operandOf,
  roundHalfAway,
  toInteger,
  type Numeric,
} from '../number.ts';
import { named } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import { compareText } from '../text.ts';
import type { Value } from '../value.ts';
import { define } from './built-in.ts';

export const arithmetic = {
  abs: define(['n: number'], 'number', (evaluation, n) => {
    if (!isInteger(n)) return floatOf(Math.abs(doubleOf(n)), evaluation);
    return n < 0 ? integerOf(-BigInt(n), evaluation) : n;
  }),
  floor: define(['n: number'], 'number', (evaluation, n) => toInteger(n, Math.floor, evaluation)),
  ceil: define(['n: number'], 'number', (evaluation, n) => toInteger(n, Math.ceil, evaluation)),
  round: define(['n: number'], 'number', (evaluation, n) => toInteger(n, roundHalfAway, evaluation)),
  min: define(['a: number|string', 'b: number|string'], 'number|string', (evaluation, a, b) =>
    compareAlike('min', a, b, evaluation) <= 0 ? a : b,
  ),
  max: define(['a: number|string', 'b: number|string'], 'number|string', (evaluation, a, b) =>
    compareAlike('max', a, b, evaluation) >= 0 ? a : b,
  ),
  sum: define(['list: array'], 'number', (evaluation, list) => sum(list, evaluation)),
};

function compareAlike(name: string, a: Numeric | string, b: Numeric | string, evaluation: Evaluation): number {
  if (typeof a === 'string' && typeof b === 'string') {
    evaluation.read(Math.min(a.length, b.length));
    return compareText(a, b);
  }
  if (typeof a !== 'string' && typeof b !== 'string') return compareNumbers(a, b);
  return evaluation.fail('type', `${name} takes two numbers or two strings, not ${named(a)} and ${named(b)}`);
}

/** The exact sum of integers; as soon as one element is a float, the floats added from left to right. */
function sum(list: readonly Value[], evaluation: Evaluation): Numeric {
  evaluation.step(list.length);
  const operands = list.map((element) => {
    if (isNumeric(element)) return operandOf(element, evaluation);
    return evaluation.fail('type', `sum takes a list of numbers, but it holds ${named(element)}`);
  });
  if (!operands.every(isInteger))
    return floatOf(
      operands.reduce<number>((total, one) => total + doubleOf(one), 0),
      evaluation,
    );
  let small = 0;
  for (const operand of operands) small += Number(operand);
  if (operands.every(Number.isSafeInteger) && Math.abs(small) <= Number.MAX_SAFE_INTEGER) return small;
  return integerOf(
    operands.reduce<bigint>((total, one) => total + BigInt(one), 0n),
    evaluation,
  );
}
