import type { Evaluation } from './evaluation.ts';
import { type Value, isFloat, float, type Float } from './value.ts';

/** A number as the language knows it. An integer is a `number` as long as that is exact, else a `bigint`; a float without a
 *  fraction is a {@link Float}; any other `number` is a float. */
export type Numeric = number | bigint | Float;
/** An integer within 64 bits. */
export type Integer = number | bigint;

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

export const isNumeric = (value: Value): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint' || isFloat(value);

/** An integer in its one form. */
export function compactInteger(exact: bigint): Integer {
  const double = Number(exact);
  return Number.isSafeInteger(double) ? double : exact;
}

/** An exact integer in its one form, if it is within 64 bits. */
export function integerOf(exact: bigint, evaluation: Evaluation): Integer {
  if (exact < smallest || exact > largest) {
    return evaluation.fail(
      'overflow',
      'The result is an integer beyond 64 bits; use floats, such as 1.0, for large numbers',
    );
  }
  return compactInteger(exact);
}

/** A double as a float, if it is one. There is no negative zero. */
export function floatOf(double: number, evaluation: Evaluation): number | Float {
  if (!Number.isFinite(double)) {
    return evaluation.fail('overflow', 'The result is larger than a float can hold (about 1.8e308)');
  }
  return Number.isInteger(double) ? float(double + 0) : double;
}

/** A number as an operand: an integral one is an integer however large, and beyond 64 bits an error.
 *  @returns the integer in its one form, or the float. */
export function operandOf(value: Numeric, evaluation: Evaluation): Numeric {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value + 0;
    if (!Number.isInteger(value)) return floatOf(value, evaluation);
    return operandOf(BigInt(value), evaluation);
  }
  if (typeof value === 'bigint') {
    if (value < smallest || value > largest) {
      evaluation.fail(
        'overflow',
        'A number from the data is an integer beyond 64 bits, which expressions cannot calculate with',
      );
    }
    return compactInteger(value);
  }
  return value;
}

/** Whether an operand (see {@link operandOf}) is an integer. */
export const isInteger = (operand: Numeric): operand is Integer =>
  typeof operand === 'bigint' || (typeof operand === 'number' && Number.isInteger(operand));

/** The nearest double. */
export const doubleOf = (operand: Numeric): number => (isFloat(operand) ? operand.double : Number(operand));

/** Below zero, zero or above, by exact value: an integer is not rounded to meet a float. */
export function compareNumbers(left: Numeric, right: Numeric): number {
  const a = isFloat(left) ? left.double : left;
  const b = isFloat(right) ? right.double : right;
  return a < b ? -1 : a > b ? 1 : 0;
}

type Arithmetic = (left: Numeric, right: Numeric, evaluation: Evaluation) => Numeric;

/** An operator that gives an integer for two integers, else a float. */
const arithmetic =
  (
    ofNumbers: (left: number, right: number) => number,
    ofBigints: (left: bigint, right: bigint) => bigint,
  ): Arithmetic =>
  (left, right, evaluation) => {
    if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
      const small = ofNumbers(left as number, right as number);
      if (Number.isSafeInteger(small)) return small + 0;
    }
    const a = operandOf(left, evaluation);
    const b = operandOf(right, evaluation);
    if (isInteger(a) && isInteger(b)) return integerOf(ofBigints(BigInt(a), BigInt(b)), evaluation);
    return floatOf(ofNumbers(doubleOf(a), doubleOf(b)), evaluation);
  };

export const add = arithmetic(
  (left, right) => left + right,
  (left, right) => left + right,
);

export const subtract = arithmetic(
  (left, right) => left - right,
  (left, right) => left - right,
);

export const multiply = arithmetic(
  (left, right) => left * right,
  (left, right) => left * right,
);

/** The remainder has the sign of the dividend. */
export const remainder: Arithmetic = (left, right, evaluation) => {
  const a = operandOf(left, evaluation);
  const b = operandOf(right, evaluation);
  refuseZero(b, '%', evaluation);
  return modulo(a, b, evaluation);
};

const modulo = arithmetic(
  (left, right) => left % right,
  (left, right) => left % right,
);

/** An integer where two integers divide exactly, else a float. */
export const divide: Arithmetic = (left, right, evaluation) => {
  const a = operandOf(left, evaluation);
  const b = operandOf(right, evaluation);
  refuseZero(b, '/', evaluation);
  if (isInteger(a) && isInteger(b)) {
    const dividend = BigInt(a);
    const divisor = BigInt(b);
    if (dividend % divisor === 0n) return integerOf(dividend / divisor, evaluation);
  }
  return floatOf(doubleOf(a) / doubleOf(b), evaluation);
};

function refuseZero(divisor: Numeric, operator: string, evaluation: Evaluation): void {
  if (doubleOf(divisor) !== 0) return;
  evaluation.fail(
    'division_by_zero',
    `The right side of "${operator}" is zero; test it first, e.g. "n != 0 and x / n > 1"`,
  );
}

export const negate = (value: Numeric, evaluation: Evaluation): Numeric => subtract(0, value, evaluation);

/** A number cut, or rounded in some way, to an integer. */
export function toInteger(value: Numeric, round: (double: number) => number, evaluation: Evaluation): Integer {
  const operand = operandOf(value, evaluation);
  if (isInteger(operand)) return operand;
  return integerOf(BigInt(round(doubleOf(operand))), evaluation);
}

/** Halves are rounded away from zero. */
export function roundHalfAway(double: number): number {
  const whole = Math.trunc(double);
  return Math.abs(double - whole) >= 0.5 ? whole + Math.sign(double) : whole;
}

/** The number a text spells: JSON's syntax, with a leading `+` and white space around it allowed. Like any number of JSON it is
 *  an integer if it has no fraction, however it is spelt.
 *  @returns undefined where the text is no number. */
export function parseNumber(text: string, evaluation: Evaluation): Numeric | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?([eE][+-]?\d+)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [spelt, sign = '', whole = '', fraction = '', exponent] = match;
  if (exponent === undefined && /^0*$/.test(fraction)) {
    // digits beyond what 64 bits hold are not worth a conversion that takes time by their square
    const digits = whole.replace(/^0+(?=\d)/, '');
    return integerOf(digits.length > 20 ? largest + 1n : BigInt(sign === '-' ? `-${digits}` : digits), evaluation);
  }
  const double = Number(spelt);
  if (!Number.isFinite(double)) return floatOf(double, evaluation);
  return operandOf(double, evaluation);
}
