import { applyNegation } from './interpret.ts';
import { access } from './access.ts';
import { ExpressionError, type ExpressionErrorKind } from './error.ts';
import { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { argumentCountProblem, callBuiltIn } from './function/built-in.ts';
import { builtIns } from './function/table.ts';
import type { Access, Binary, Call, Node } from './node.ts';
import { applyOperator } from './operator.ts';
import { unknownFunction, unknownName } from './unknown.ts';
import { truthy, typeOf, type TypeName, type Value } from './value.ts';

/** An error that an expression is bound to have whenever the part is evaluated. */
export interface Fault {
  kind: ExpressionErrorKind;
  message: string;
  /** Where in the expression's text. */
  offset: number;
}

/** What is known of the place an expression stands in. */
export interface KnownNames {
  /** Names that exist there; undefined where that is not known. */
  names?: Iterable<string> | undefined;
  /** Functions that exist there beside the built-in ones. */
  functions?: Iterable<string> | undefined;
  /** The types that what a path leads to can have (`parameters`, `count`; a function of the place is `succeeded()`); undefined: any. */
  types?: ((path: readonly string[]) => readonly TypeName[] | undefined) | undefined;
}

/** All that shows to be wrong with an expression before it is evaluated: unknown names and functions, numbers of arguments, and
 *  operators and functions that cannot take what they are given, as in `length(x) + "a"`, `x / 0` or `match("(", x)`. */
export function faultsOf(expression: Expression, known: KnownNames = {}): Fault[] {
  const finder = new FaultFinder(expression.text, known);
  finder.guess(expression.root);
  return finder.faults.sort((a, b) => a.offset - b.offset);
}

/** What is known of a value before the evaluation: itself, or one value of each type that it may have. */
type Guess = { exact: Value } | { samples: readonly Value[] };

/** The string is one that number(text) takes: what is wrong with another would be its content. */
const samples: Readonly<Record<TypeName, Value>> = {
  null: null,
  bool: true,
  number: 1,
  string: '1',
  array: [],
  object: {},
};
const anything: Guess = { samples: Object.values(samples) };

/** Errors that do not depend on which value of a type a sample is: they come from a type, or from an exact operand. */
const certain: readonly ExpressionErrorKind[] = ['type', 'pattern', 'division_by_zero'];

/** What trying one operation may take: a literal `range(1000000)` is not worth it. */
const trialBudget = { steps: 10_000, output: 10_000 };

/** Evaluates with guesses: an operator is tried on every combination of what its operands may be, and is at fault where none
 *  works. So the rules are those of the evaluation, and so are the messages. */
class FaultFinder {
  readonly faults: Fault[] = [];
  readonly #text: string;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #functions: ReadonlySet<string>;
  readonly #types: NonNullable<KnownNames['types']>;

  constructor(text: string, { names, functions = [], types = () => undefined }: KnownNames) {
    this.#text = text;
    this.#types = types;
    this.#names = names === undefined ? undefined : new Set(names);
    this.#functions = new Set(functions);
  }

  guess(node: Node): Guess {
    switch (node.kind) {
      case 'literal':
        return { exact: node.value };
      case 'name':
        if (this.#names?.has(node.name) === false)
          this.#report('not_found', unknownName(node.name, this.#names), node.at);
        return this.#typed(node) ?? anything;
      case 'list': {
        const elements = node.elements.map((element) => this.guess(element));
        const isExact = elements.every((element) => 'exact' in element);
        return isExact ? { exact: elements.map((element) => element.exact) } : { samples: [[]] };
      }
      case 'access':
        return this.#access(node);
      case 'call':
        return this.#call(node);
      case 'not':
        return this.#try(node, [node.operand], ([operand = null]) => !truthy(operand));
      case 'negate':
        return this.#try(node, [node.operand], ([operand = null], evaluation) => applyNegation(operand, evaluation));
      case 'binary':
        return this.#binary(node);
      case 'and':
      case 'or':
        for (const operand of node.operands) this.guess(operand);
        return { samples: [true] };
    }
  }

  #binary(node: Binary): Guess {
    return this.#try(node, [node.left, node.right], ([left = null, right = null], evaluation) =>
      applyOperator(node.operator, left, right, evaluation),
    );
  }

  /** A guess by the types that are known of what a path leads to. */
  #typed(node: Node): Guess | undefined {
    const path = pathOf(node);
    const types = path === undefined ? undefined : this.#types(path);
    return types === undefined ? undefined : { samples: types.map((type) => samples[type]) };
  }

  #access(node: Access): Guess {
    const typed = this.#typed(node);
    if (typed !== undefined) return typed;
    const { dotted } = node;
    const found = this.#try(
      node,
      [node.container, node.key],
      ([container = null, key = null], evaluation) =>
        access(container, key, { dotted, missing: 'error' }, evaluation) ?? null,
    );
    return 'exact' in found ? found : anything;
  }

  #call(node: Call): Guess {
    const { name } = node;
    if (this.#functions.has(name)) return this.#typed(node) ?? anything;
    const builtIn = builtIns.get(name);
    const problem =
      builtIn === undefined
        ? unknownFunction(name, this.#functions)
        : argumentCountProblem(name, builtIn, node.arguments.length);
    if (builtIn === undefined || problem !== undefined) {
      for (const argument of node.arguments) this.guess(argument);
      this.#report(builtIn === undefined ? 'unknown_function' : 'argument_count', problem ?? '', node.at);
      return anything;
    }
    const result = this.#try(node, node.arguments, (values, evaluation) =>
      callBuiltIn(name, builtIn, values, node.arguments, evaluation),
    );
    return builtIn.result.includes('any') && !('exact' in result) ? anything : result;
  }

  /** Tries an operation on all that its operands may be. */
  #try(node: Node, operands: readonly Node[], apply: (values: Value[], evaluation: Evaluation) => Value): Guess {
    const guesses = operands.map((operand) => this.guess(operand));
    const isExact = guesses.every((guess) => 'exact' in guess);
    const results: Value[] = [];
    const errors: ExpressionError[] = [];
    for (const values of combinations(guesses)) {
      const evaluation = new Evaluation(trialBudget);
      evaluation.text = this.#text;
      evaluation.at = node.at;
      try {
        results.push(apply(values, evaluation));
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        errors.push(error);
      }
    }
    const [result] = results;
    if (isExact && result !== undefined) return { exact: result };
    if (results.length > 0) return { samples: oneOfEachType(results) };
    const isCertain = errors.every(({ kind }) => certain.includes(kind) || (isExact && kind !== 'budget'));
    const telling = errors.find((error) => error.kind !== 'type') ?? errors[0];
    if (isCertain && telling !== undefined) this.#report(telling.kind, telling.message, telling.position.offset);
    return anything;
  }

  #report(kind: ExpressionErrorKind, message: string, offset: number): void {
    this.faults.push({ kind, message, offset });
  }
}

/** The names on the way to what a part reads, where all are written out. */
function pathOf(node: Node): string[] | undefined {
  if (node.kind === 'name') return [node.name];
  if (node.kind === 'call') return [`${node.name}()`];
  if (node.kind !== 'access' || node.key.kind !== 'literal' || typeof node.key.value !== 'string') return undefined;
  const container = pathOf(node.container);
  return container === undefined ? undefined : [...container, node.key.value];
}

function combinations(guesses: readonly Guess[]): Value[][] {
  return guesses.reduce<Value[][]>(
    (heads, guess) => {
      const values = 'exact' in guess ? [guess.exact] : guess.samples;
      return heads.flatMap((head) => values.map((value) => [...head, value]));
    },
    [[]],
  );
}

const oneOfEachType = (values: readonly Value[]): Value[] =>
  [...new Set(values.map(typeOf))].map((type) => samples[type]);
