import { elementKind, identityOf, orderElements } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import { integerOf, isNumeric, operandOf, type Integer } from '../number.ts';
import type { Value } from '../value.ts';
import { define } from './built-in.ts';

export const lists = {
  sort: define(['list: array'], 'array', (evaluation, list) => sort(list, evaluation)),
  unique: define(['list: array'], 'array', (evaluation, list) => {
    const seen = new Set<string>();
    const first = list.filter((element) => {
      const identity = identityOf(element, evaluation);
      return !seen.has(identity) && seen.add(identity);
    });
    evaluation.build(first.length);
    return first;
  }),
  flat: define(['list: array'], 'array', (evaluation, list) => {
    const size = list.reduce<number>((total, element) => total + (Array.isArray(element) ? element.length : 1), 0);
    evaluation.step(list.length + size);
    evaluation.build(size);
    return list.flat();
  }),
  zip: define(['a: array', 'b: array'], 'array', (evaluation, a, b) => {
    const length = Math.min(a.length, b.length);
    evaluation.step(length);
    evaluation.build(3 * length);
    return Array.from({ length }, (_, index) => [a[index] ?? null, b[index] ?? null]);
  }),
  chunks: define(['list: array', 'n: integer'], 'array', (evaluation, list, n) => chunks(list, n, evaluation)),
  range: define(['a: integer', 'b?: integer'], 'array', (evaluation, a, b) =>
    b === undefined ? range(0, a, evaluation) : range(a, b, evaluation),
  ),
};

function sort(list: readonly Value[], evaluation: Evaluation): Value[] {
  if (elementKind(list, evaluation) === 'mixed') {
    evaluation.fail('type', 'sort takes a list whose elements are all numbers or all strings');
  }
  const operands = list.map((element) => (isNumeric(element) ? operandOf(element, evaluation) : element));
  evaluation.step(Math.ceil(list.length * Math.log2(list.length + 1)));
  evaluation.build(list.length);
  return operands.sort((left, right) => orderElements(left, right, evaluation));
}

function chunks(list: readonly Value[], n: Integer, evaluation: Evaluation): Value[] {
  if (n < 1) evaluation.fail('out_of_bounds', `chunks takes 1 or more for "n", not ${n.toString()}`);
  const length = Math.min(Number(n), Math.max(1, list.length));
  const count = Math.ceil(list.length / length);
  evaluation.step(count);
  evaluation.build(list.length + count);
  return Array.from({ length: count }, (_, index) => list.slice(index * length, (index + 1) * length));
}

function range(first: Integer, end: Integer, evaluation: Evaluation): Value[] {
  const length = Number(BigInt(end) - BigInt(first));
  if (length <= 0) return [];
  evaluation.step(length);
  evaluation.build(length);
  if (typeof first === 'number' && typeof end === 'number') return Array.from({ length }, (_, index) => first + index);
  return Array.from({ length }, (_, index) => integerOf(BigInt(first) + BigInt(index), evaluation));
}
