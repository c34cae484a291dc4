import type { Evaluation } from './evaluation.ts';
import { compareNumbers, isInteger, isNumeric, operandOf, type Numeric } from './number.ts';
import { compareText } from './text.ts';
import { isMap, ownMember, typeOf, type Value, isFloat } from './value.ts';

/** Deep equality. Numbers are equal by value, however they are spelt; values of different types are unequal, never an error. */
export function equal(left: Value, right: Value, evaluation: Evaluation, depth = 0): boolean {
  if (left === right && typeof left !== 'object') {
    if (typeof left === 'string') evaluation.read(left.length);
    return true;
  }
  if (isNumeric(left)) return isNumeric(right) && compareNumbers(left, right) === 0;
  if (left === null || typeof left !== 'object' || right === null || typeof right !== 'object') return left === right;
  evaluation.descend(depth);
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((element, index) => {
      evaluation.step();
      return equal(element, right[index] ?? null, evaluation, depth + 1);
    });
  }
  if (!isMap(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => {
    evaluation.step();
    const other = ownMember(right, key);
    return other !== undefined && equal(left[key] ?? null, other, evaluation, depth + 1);
  });
}

/** The order of two numbers, two strings (by code points), or two lists of all numbers or all strings (by the first elements that
 *  differ, else the shorter first): below zero, zero or above. Anything else is an error. */
export function order(left: Value, right: Value, operator: string, evaluation: Evaluation): number {
  if (isNumeric(left) && isNumeric(right)) return orderOperands(left, right, evaluation);
  if (typeof left === 'string' && typeof right === 'string') {
    evaluation.read(Math.min(left.length, right.length));
    return compareText(left, right);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    const kind = elementKind([...left, ...right], evaluation);
    if (kind === 'mixed') {
      evaluation.fail('type', `"${operator}" orders lists only if all their elements are numbers, or all are strings`);
    }
    return orderLists(left, right, evaluation);
  }
  return evaluation.fail(
    'type',
    `"${operator}" orders two numbers, two strings or two lists, not ${named(left)} and ${named(right)}${hint(left, right)}`,
  );
}

function orderLists(left: readonly Value[], right: readonly Value[], evaluation: Evaluation): number {
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const found = orderElements(left[index] ?? null, right[index] ?? null, evaluation);
    if (found !== 0) return found;
  }
  return left.length - right.length;
}

/** The order of two elements of lists whose {@link elementKind} is numbers or strings. */
export const orderElements = (left: Value, right: Value, evaluation: Evaluation): number =>
  typeof left === 'string'
    ? compareText(left, right as string)
    : orderOperands(left as Numeric, right as Numeric, evaluation);

const orderOperands = (left: Numeric, right: Numeric, evaluation: Evaluation): number =>
  compareNumbers(operandOf(left, evaluation), operandOf(right, evaluation));

/** What a list holds; an empty one counts as numbers. */
export function elementKind(list: readonly Value[], evaluation: Evaluation): 'numbers' | 'strings' | 'mixed' {
  evaluation.step(list.length);
  if (list.every(isNumeric)) return 'numbers';
  return list.every((element) => typeof element === 'string') ? 'strings' : 'mixed';
}

/** A text that two values share exactly if they are equal. */
export function identityOf(value: Value, evaluation: Evaluation, depth = 0): string {
  evaluation.step();
  if (typeof value === 'string') {
    evaluation.read(value.length);
    return JSON.stringify(value);
  }
  if (isNumeric(value)) return numberIdentity(value);
  if (typeof value !== 'object' || value === null) return String(value);
  evaluation.descend(depth);
  if (Array.isArray(value)) return `[${value.map((one) => identityOf(one, evaluation, depth + 1)).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${identityOf(value[key] ?? null, evaluation, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function numberIdentity(number: Numeric): string {
  const value = isFloat(number) ? number.double : number;
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

/** A value in a message, by its type. */
export function named(value: Value): string {
  switch (typeOf(value)) {
    case 'null':
      return 'null';
    case 'bool':
      return 'a boolean';
    case 'number':
      return isNumeric(value) && !isInteger(value) ? 'a float' : 'a number';
    case 'string':
      return 'a string';
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
  }
}

/** How to go on where two types do not fit each other. */
function hint(left: Value, right: Value): string {
  const types = [typeOf(left), typeOf(right)];
  if (types.includes('null')) return '; test for null first, e.g. "x != null and x > 1"';
  if (types.includes('number') && types.includes('string')) return '; number(text) turns a string into a number';
  return '';
}
