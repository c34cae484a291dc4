import { access } from './access.ts';
import { named } from './comparison.ts';
import { applyNegation, lookUp, resolveCall, valueOf } from './interpret.ts';
import type { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { callBuiltIn } from './function/built-in.ts';
import type { Access, Call, Logic, Name, Node } from './node.ts';
import { isInteger, isNumeric } from './number.ts';
import { applyOperator } from './operator.ts';
import { provenClause, provenLiteral, provenRead, unevaluated, type Proven } from './proven.ts';
import { scopeFunction, type Scope } from './scope.ts';
import { truthy, type Value } from './value.ts';

/** Whether a condition holds, and why.
 *  @throws ExpressionError where `evaluate` does */
export function proveCondition(expression: Expression, scope: Scope, evaluation: Evaluation): Proven {
  const proven = proveWithin(expression, scope, evaluation);
  if (typeof proven.value === 'boolean') return proven;
  return provenClause('truth', textOf(expression, expression.root), [proven], truthy(proven.value));
}

/** The value and the growing proof of an expression that shares its budget with others. */
export function proveWithin(expression: Expression, scope: Scope, evaluation: Evaluation): Proven {
  evaluation.text = expression.text;
  return new Prover(expression, scope, evaluation).prove(expression.root);
}

const textOf = (expression: Expression, node: Node): string => expression.text.slice(node.start, node.end);

/** Walks as `valueOf` does, step by step, and writes down what it sees. */
class Prover {
  readonly #expression: Expression;
  readonly #scope: Scope;
  readonly #evaluation: Evaluation;

  constructor(expression: Expression, scope: Scope, evaluation: Evaluation) {
    this.#expression = expression;
    this.#scope = scope;
    this.#evaluation = evaluation;
  }

  prove(node: Node): Proven {
    const evaluation = this.#evaluation;
    if (node.kind === 'name' || isPath(node, this.#scope)) return this.#read(node as Path);
    evaluation.at = node.at;
    evaluation.step();
    const text = this.#text(node);
    switch (node.kind) {
      case 'literal':
        return provenLiteral(node.value, text);
      case 'list': {
        evaluation.build(node.elements.length);
        const elements = node.elements.map((element) => this.prove(element));
        return provenClause('list', text, elements, valuesOf(elements));
      }
      case 'access':
        return this.#access(node, text);
      case 'call':
        return this.#call(node, text);
      case 'not': {
        const operand = this.prove(node.operand);
        return provenClause('not', text, [operand], !truthy(operand.value));
      }
      case 'negate': {
        const operand = this.prove(node.operand);
        evaluation.at = node.at;
        return provenClause('-', text, [operand], applyNegation(operand.value, evaluation));
      }
      case 'binary': {
        const left = this.prove(node.left);
        const right = this.prove(node.right);
        evaluation.at = node.at;
        const value = applyOperator(node.operator, left.value, right.value, evaluation);
        return provenClause(node.operator, text, [left, right], value);
      }
      case 'and':
      case 'or':
        return this.#logic(node, text);
    }
  }

  #access(node: Access, text: string): Proven {
    const evaluation = this.#evaluation;
    const container = this.prove(node.container);
    const key = this.prove(node.key);
    evaluation.at = node.at;
    const { dotted } = node;
    const found = access(container.value, key.value, { dotted, missing: this.#scope.missing }, evaluation);
    // what an index looks like is known only now that there is a list
    const isIndex = dotted && Array.isArray(container.value) && found !== undefined;
    const shown = isIndex ? provenLiteral(Number(key.value), this.#text(node.key)) : key;
    return provenClause(
      'access',
      text,
      [container, shown],
      found ?? null,
      found === undefined ? { missing: true } : {},
    );
  }

  #call(node: Call, text: string): Proven {
    const evaluation = this.#evaluation;
    const called = resolveCall(node, this.#scope, evaluation);
    if (typeof called === 'function') return provenRead(called(), text, [`${node.name}()`]);
    const values = node.arguments.map((argument) => this.prove(argument));
    evaluation.at = node.at;
    const value = callBuiltIn(node.name, called, valuesOf(values), node.arguments, evaluation);
    return provenClause('call', text, values, value, { function: node.name });
  }

  #logic(node: Logic, text: string): Proven {
    const decisive = node.kind === 'or';
    const operands: Proven[] = [];
    let decided = false;
    for (const operand of node.operands) {
      const proven: Proven = decided ? unevaluated(this.#text(operand)) : this.prove(operand);
      operands.push(proven);
      decided ||= truthy(proven.value) === decisive;
    }
    return provenClause(node.kind, text, operands, decided ? decisive : !decisive);
  }

  /** A path is one leaf: to show what `event.payload.ref` was, nobody needs the whole event. */
  #read(node: Path): Proven {
    const keys: Proven[] = [];
    const path: (string | number)[] = [];
    const value = this.#follow(node, path, keys);
    return provenRead(value, this.#text(node), path, keys);
  }

  #follow(node: Path, path: (string | number)[], keys: Proven[]): Value | undefined {
    const evaluation = this.#evaluation;
    evaluation.at = node.at;
    evaluation.step();
    if (node.kind === 'name') {
      path.push(node.name);
      return lookUp(node, this.#scope, evaluation);
    }
    if (node.kind === 'call') {
      path.push(`${node.name}()`);
      return scopeFunction(this.#scope, node.name)?.();
    }
    const container = this.#follow(node.container as Path, path, keys);
    const key = this.#key(node.key, keys);
    path.push(pathKey(key));
    evaluation.at = node.at;
    return access(container ?? null, key, { dotted: node.dotted, missing: this.#scope.missing }, evaluation);
  }

  #key(node: Node, keys: Proven[]): Value {
    if (node.kind === 'literal') return valueOf(node, this.#scope, this.#evaluation);
    const proven = this.prove(node);
    keys.push(proven);
    return proven.value;
  }

  #text(node: Node): string {
    return textOf(this.#expression, node);
  }
}

const valuesOf = (proven: readonly Proven[]): Value[] => proven.map((one) => one.value);

/** What is read without any computation: a name or a function of the scope, and fields and elements of it. */
type Path = Name | Call | Access;

function isPath(node: Node, scope: Scope): boolean {
  if (node.kind === 'access') return isPath(node.container, scope);
  return node.kind === 'name' || (node.kind === 'call' && scopeFunction(scope, node.name) !== undefined);
}

function pathKey(key: Value): string | number {
  if (typeof key === 'string') return key;
  return isNumeric(key) && isInteger(key) ? Number(key) : named(key);
}
