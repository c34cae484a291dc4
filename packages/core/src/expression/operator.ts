import { add, divide, isNumeric, multiply, remainder, subtract, type Numeric } from './number.ts';
import { equal, named, order } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import type { BinaryOperator } from './node.ts';
import { findText } from './text.ts';
import { isMap, type Value } from './value.ts';

/** Applies an operator to two values that are already evaluated. */
export function applyOperator(operator: BinaryOperator, left: Value, right: Value, evaluation: Evaluation): Value {
  switch (operator) {
    case '==':
      return equal(left, right, evaluation);
    case '!=':
      return !equal(left, right, evaluation);
    case '<':
      return order(left, right, operator, evaluation) < 0;
    case '>':
      return order(left, right, operator, evaluation) > 0;
    case '<=':
      return order(left, right, operator, evaluation) <= 0;
    case '>=':
      return order(left, right, operator, evaluation) >= 0;
    case 'in':
      return isIn(left, right, evaluation);
    case '+':
      return plus(left, right, evaluation);
    case '-':
      return calculate(subtract, operator, left, right, evaluation);
    case '*':
      return calculate(multiply, operator, left, right, evaluation);
    case '/':
      return calculate(divide, operator, left, right, evaluation);
    case '%':
      return calculate(remainder, operator, left, right, evaluation);
  }
}

/** Whether a list has an equal element, an object a key, or a string a part. */
export function isIn(part: Value, whole: Value, evaluation: Evaluation): boolean {
  if (Array.isArray(whole)) {
    return whole.some((element) => {
      evaluation.step();
      return equal(part, element, evaluation);
    });
  }
  if (typeof part === 'string') {
    if (typeof whole === 'string') {
      evaluation.read(whole.length);
      return findText(whole, part) !== -1;
    }
    if (isMap(whole)) return Object.hasOwn(whole, part);
  }
  if (typeof whole === 'string' || isMap(whole)) {
    const asked = typeof whole === 'string' ? 'a string' : 'the keys of an object';
    return evaluation.fail('type', `"in" looks for a string in ${asked}, not for ${named(part)}; string(x) makes one`);
  }
  return evaluation.fail('type', `"in" looks into a list, an object or a string, not into ${named(whole)}`);
}

function plus(left: Value, right: Value, evaluation: Evaluation): Value {
  if (isNumeric(left) && isNumeric(right)) return add(left, right, evaluation);
  if (typeof left === 'string' && typeof right === 'string') {
    evaluation.build(left.length + right.length);
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    evaluation.step(left.length + right.length);
    evaluation.build(left.length + right.length);
    return [...left, ...right];
  }
  const advice =
    typeof left === 'string' || typeof right === 'string'
      ? '; string(x) makes a string'
      : isMap(left) && isMap(right)
        ? '; merge(a, b) joins objects'
        : '';
  return evaluation.fail(
    'type',
    `"+" takes two numbers, two strings or two lists, not ${named(left)} and ${named(right)}${advice}`,
  );
}

function calculate(
  operation: (left: Numeric, right: Numeric, evaluation: Evaluation) => Numeric,
  operator: string,
  left: Value,
  right: Value,
  evaluation: Evaluation,
): Value {
  if (isNumeric(left) && isNumeric(right)) return operation(left, right, evaluation);
  const advice = typeof left === 'string' || typeof right === 'string' ? '; number(text) makes a number' : '';
  return evaluation.fail('type', `"${operator}" takes two numbers, not ${named(left)} and ${named(right)}${advice}`);
}
