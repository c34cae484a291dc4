import type { Json } from '../json.ts';
import { access } from './access.ts';
import { named } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { argumentCountProblem, callBuiltIn, type BuiltIn } from './function/built-in.ts';
import { builtIns } from './function/table.ts';
import type { Call, Name, Node } from './node.ts';
import { isNumeric, negate } from './number.ts';
import { applyOperator } from './operator.ts';
import { scopeFunction, type Scope } from './scope.ts';
import { unknownFunction, unknownName } from './unknown.ts';
import { truthy, type Value } from './value.ts';

/** The value of an expression that shares its budget with others. */
export function evaluateWithin(expression: Expression, scope: Scope, evaluation: Evaluation): Json {
  evaluation.text = expression.text;
  const value = valueOf(expression.root, scope, evaluation);
  evaluation.at = expression.root.at;
  return evaluation.give(value);
}

export function valueOf(node: Node, scope: Scope, evaluation: Evaluation): Value {
  evaluation.at = node.at;
  evaluation.step();
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'list': {
      evaluation.build(node.elements.length);
      return node.elements.map((element) => valueOf(element, scope, evaluation));
    }
    case 'name':
      return lookUp(node, scope, evaluation) ?? null;
    case 'access': {
      const container = valueOf(node.container, scope, evaluation);
      const key = valueOf(node.key, scope, evaluation);
      evaluation.at = node.at;
      return access(container, key, { dotted: node.dotted, missing: scope.missing }, evaluation) ?? null;
    }
    case 'call': {
      const called = resolveCall(node, scope, evaluation);
      if (typeof called === 'function') return called();
      const values = node.arguments.map((argument) => valueOf(argument, scope, evaluation));
      evaluation.at = node.at;
      return callBuiltIn(node.name, called, values, node.arguments, evaluation);
    }
    case 'not':
      return !truthy(valueOf(node.operand, scope, evaluation));
    case 'negate': {
      const operand = valueOf(node.operand, scope, evaluation);
      evaluation.at = node.at;
      return applyNegation(operand, evaluation);
    }
    case 'binary': {
      const left = valueOf(node.left, scope, evaluation);
      const right = valueOf(node.right, scope, evaluation);
      evaluation.at = node.at;
      return applyOperator(node.operator, left, right, evaluation);
    }
    case 'and':
      return node.operands.every((operand) => truthy(valueOf(operand, scope, evaluation)));
    case 'or':
      return node.operands.some((operand) => truthy(valueOf(operand, scope, evaluation)));
  }
}

/** The value of a name; undefined if there is none and that is no error in this scope. */
export function lookUp(node: Name, scope: Scope, evaluation: Evaluation): Value | undefined {
  const value = scope.lookup(node.name);
  if (value !== undefined || scope.missing === 'null') return value;
  return evaluation.fail('not_found', unknownName(node.name, scope.names?.() ?? []));
}

/** What a call calls: a function of the scope, or a built-in one that takes as many arguments. */
export function resolveCall(node: Call, scope: Scope, evaluation: Evaluation): BuiltIn | (() => Json) {
  const own = scopeFunction(scope, node.name);
  if (own !== undefined) return own;
  const builtIn = builtIns.get(node.name);
  if (builtIn === undefined) {
    return evaluation.fail('unknown_function', unknownFunction(node.name, Object.keys(scope.functions ?? {})));
  }
  const problem = argumentCountProblem(node.name, builtIn, node.arguments.length);
  return problem === undefined ? builtIn : evaluation.fail('argument_count', problem);
}

export function applyNegation(operand: Value, evaluation: Evaluation): Value {
  if (isNumeric(operand)) return negate(operand, evaluation);
  return evaluation.fail('type', `"-" negates a number, not ${named(operand)}`);
}
