import { access } from './access.ts';
import { ExpressionError } from './error.ts';
import { Evaluation } from './evaluation.ts';
import { callBuiltIn, argumentCountProblem } from './function/built-in.ts';
import { builtIns } from './function/table.ts';
import { applyNegation } from './interpret.ts';
import type { Node } from './node.ts';
import { applyOperator } from './operator.ts';
import { truthy, type Value } from './value.ts';

/** What is known of parts from elsewhere, such as what a function will answer; undefined: nothing. */
export type KnownParts = (node: Node) => Value | undefined;

/** What working out one part may take. */
const trialBudget = { steps: 10_000, output: 10_000 };

/** The value that a part has whenever it is evaluated without error; undefined where it is not always the same, or not known before. */
export function constantOf(node: Node, known: KnownParts = () => undefined): Value | undefined {
  const given = known(node);
  if (given !== undefined) return given;
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return undefined;
    case 'not':
    case 'and':
    case 'or':
      return truthOf(node, known);
    case 'list':
      return whenAll(node.elements, known, (values) => values);
    case 'negate':
      return whenAll([node.operand], known, ([operand = null], evaluation) => applyNegation(operand, evaluation));
    case 'binary':
      return whenAll([node.left, node.right], known, ([left = null, right = null], evaluation) =>
        applyOperator(node.operator, left, right, evaluation),
      );
    case 'access':
      return whenAll(
        [node.container, node.key],
        known,
        ([container = null, key = null], evaluation) =>
          access(container, key, { dotted: node.dotted, missing: 'error' }, evaluation) ?? null,
      );
    case 'call': {
      const builtIn = builtIns.get(node.name);
      if (builtIn === undefined || argumentCountProblem(node.name, builtIn, node.arguments.length)) return undefined;
      return whenAll(node.arguments, known, (values, evaluation) =>
        callBuiltIn(node.name, builtIn, values, node.arguments, evaluation),
      );
    }
  }
}

/** Whether a part always counts as true, or always as false; undefined where neither is known. */
export function truthOf(node: Node, known: KnownParts = () => undefined): boolean | undefined {
  if (node.kind === 'not') {
    const operand = truthOf(node.operand, known);
    return operand === undefined ? undefined : !operand;
  }
  if (node.kind === 'and' || node.kind === 'or') {
    const decisive = node.kind === 'or';
    const operands = node.operands.map((operand) => truthOf(operand, known));
    if (operands.includes(decisive)) return decisive;
    return operands.includes(undefined) ? undefined : !decisive;
  }
  const value = constantOf(node, known);
  return value === undefined ? undefined : truthy(value);
}

function whenAll(
  parts: readonly Node[],
  known: KnownParts,
  apply: (values: Value[], evaluation: Evaluation) => Value,
): Value | undefined {
  const values: Value[] = [];
  for (const part of parts) {
    const value = constantOf(part, known);
    if (value === undefined) return undefined;
    values.push(value);
  }
  try {
    return apply(values, new Evaluation(trialBudget));
  } catch (error) {
    if (error instanceof ExpressionError) return undefined; // faultsOf tells what is wrong with it
    throw error;
  }
}
