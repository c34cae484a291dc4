import { constantOf } from '../../expression/constant.ts';
import { childrenOf, type Binary, type BinaryOperator, type Node } from '../../expression/node.ts';
import { isNumeric, doubleOf, type Numeric } from '../../expression/number.ts';
import { isFloat, toJson, truthy, type Value } from '../../expression/value.ts';
import { stringifyJson } from '../../json.ts';

/** What several conditions of one place look at: a part that is not constant, such as `result().status`. That all of them see the same
 *  value of it is what tells which of them can hold together. */
export interface Subject {
  /** Equal for parts that say the same. */
  key: string;
  /** The constants it is compared with. */
  literals: Value[];
  /** Whether an order is asked of it, so that what is between two numbers matters. */
  isOrdered: boolean;
}

/** What a subject is in one case: a value, or none of the values it is compared with. */
export type Sample = { value: Value } | { other: true; truthy: boolean };

/** A comparison with a constant, the subject on the left. */
export interface Comparison {
  subject: Node;
  operator: BinaryOperator;
  constant: Value;
}

const flipped: Partial<Record<BinaryOperator, BinaryOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
};

export function comparisonOf(node: Binary): Comparison | undefined {
  const { left, right, operator } = node;
  const [leftValue, rightValue] = [constantOf(left), constantOf(right)];
  if (rightValue !== undefined && leftValue === undefined && (operator in flipped || operator === 'in')) {
    return { subject: left, operator, constant: rightValue };
  }
  const turned = flipped[operator];
  if (leftValue === undefined || rightValue !== undefined || turned === undefined) return undefined;
  return { subject: right, operator: turned, constant: leftValue };
}

/** Equal for parts that say the same, whatever their spelling: `task.a` and `task["a"]`.
 *  @param mark told apart from parts that look the same but are not evaluated at the same moment. */
export function keyOf(node: Node, mark = ''): string {
  const own =
    node.kind === 'literal'
      ? literalKey(node.value)
      : node.kind === 'name' || node.kind === 'call'
        ? node.name
        : node.kind === 'binary'
          ? node.operator
          : '';
  return `${mark}${node.kind}:${own}(${childrenOf(node)
    .map((child) => keyOf(child))
    .join(',')})`;
}

/** An int and a float of the same value are equal. */
export const literalKey = (value: Value): string =>
  isFloat(value)
    ? String(value.double)
    : `${typeof value}:${stringifyJson(toJson(value))}`.replace(/^(number|bigint):/, '');

/** Every value of a subject that makes a difference to the comparisons with it. */
export function samplesOf({ literals, isOrdered }: Subject): Sample[] {
  const distinct = [...new Map(literals.map((value) => [literalKey(value), value])).values()];
  const between = isOrdered ? regionsOf(distinct.filter(isNumeric)) : [];
  return [
    ...[...distinct, ...between].map((value) => ({ value })),
    { other: true, truthy: true },
    { other: true, truthy: false },
  ];
}

/** A number of each stretch that given numbers leave open. */
function regionsOf(numbers: readonly Numeric[]): number[] {
  const points = [...new Set(numbers.map(doubleOf))].sort((a, b) => a - b);
  const [first = 0] = points;
  const last = points.at(-1) ?? 0;
  const between = points.slice(1).map((point, index) => ((points[index] ?? point) + point) / 2);
  return [first - Math.max(1, Math.abs(first)), ...between, last + Math.max(1, Math.abs(last))];
}

export const isTruthy = (sample: Sample): boolean => ('value' in sample ? truthy(sample.value) : sample.truthy);
