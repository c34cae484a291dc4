import { applyNegation } from './interpret.ts';
import { access } from './access.ts';
import type { ExpressionErrorKind } from './error.ts';
import { Evaluation } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { argumentCountProblem, callBuiltIn } from './function/built-in.ts';
import { builtIns } from './function/table.ts';
import type { Access, Binary, Call, Node } from './node.ts';
import { applyOperator } from './operator.ts';
import { unknownFunction, unknownName } from './unknown.ts';
import { isMap, truthy, typeOf, type TypeName, type Value } from './value.ts';

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
  const finder = new FaultFinder(known);
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

/** An evaluation that remembers its error instead of throwing it: most trials fail, and an error with its stack is what takes long. */
class Trial extends Evaluation {
  fault: Fault | undefined;

  constructor(at: number) {
    super(trialBudget);
    this.at = at;
  }

  override fail(kind: ExpressionErrorKind, message: string): never {
    this.fault = { kind, message, offset: this.at };
    throw stop;
  }
}

const stop = new Error('This trial has failed');

/** Evaluates with guesses: an operator is tried on every combination of what its operands may be, and is at fault where none
 *  works. So the rules are those of the evaluation, and so are the messages. */
class FaultFinder {
  readonly faults: Fault[] = [];
  readonly #names: ReadonlySet<string> | undefined;
  readonly #functions: ReadonlySet<string>;
  readonly #types: NonNullable<KnownNames['types']>;

  constructor({ names, functions = [], types = () => undefined }: KnownNames) {
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
        return this.#try(node, [this.guess(node.operand)], ([operand = null]) => !truthy(operand));
      case 'negate':
        return this.#try(node, [this.guess(node.operand)], ([operand = null], trial) => applyNegation(operand, trial));
      case 'binary':
        return this.#binary(node);
      case 'and':
      case 'or':
        for (const operand of node.operands) this.guess(operand);
        return { samples: [true] };
    }
  }

  #binary(node: Binary): Guess {
    const guesses = [this.guess(node.left), this.guess(node.right)];
    // Whatever is compared, there is an answer.
    const isEquality = node.operator === '==' || node.operator === '!=';
    if (isEquality && !guesses.every((guess) => 'exact' in guess)) return { samples: [true] };
    return this.#try(node, guesses, ([left = null, right = null], trial) =>
      applyOperator(node.operator, left, right, trial),
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
    const guesses = [this.guess(node.container), this.guess(node.key)];
    // An object may have any field.
    if (guesses.every(mayBeAnyField)) return anything;
    const found = this.#try(
      node,
      guesses,
      ([container = null, key = null], trial) => access(container, key, { dotted, missing: 'error' }, trial) ?? null,
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
    const guesses = node.arguments.map((argument) => this.guess(argument));
    const result = this.#try(node, guesses, (values, trial) =>
      callBuiltIn(name, builtIn, values, node.arguments, trial),
    );
    return builtIn.result.includes('any') && !('exact' in result) ? anything : result;
  }

  /** Tries an operation on all that its operands may be. */
  #try(node: Node, guesses: readonly Guess[], apply: (values: Value[], trial: Trial) => Value): Guess {
    const isExact = guesses.every((guess) => 'exact' in guess);
    const results: Value[] = [];
    const errors: Fault[] = [];
    for (const values of combinations(guesses)) {
      const trial = new Trial(node.at);
      try {
        results.push(apply(values, trial));
      } catch (error) {
        if (error !== stop || trial.fault === undefined) throw error;
        errors.push(trial.fault);
      }
    }
    const [result] = results;
    if (isExact && result !== undefined) return { exact: result };
    if (results.length > 0) return { samples: oneOfEachType(results) };
    const isCertain = errors.every(({ kind }) => certain.includes(kind) || (isExact && kind !== 'budget'));
    const telling = errors.find((error) => error.kind !== 'type') ?? errors[0];
    if (isCertain && telling !== undefined) this.#report(telling.kind, telling.message, telling.offset);
    return anything;
  }

  #report(kind: ExpressionErrorKind, message: string, offset: number): void {
    this.faults.push({ kind, message, offset });
  }
}

/** Whether a guess leaves open that it is an object, or the name of a field. */
const mayBeAnyField = (guess: Guess, index: number): boolean =>
  'samples' in guess
    ? guess.samples.some((sample) => (index === 0 ? isMap(sample) : typeof sample === 'string'))
    : index === 1 && typeof guess.exact === 'string';

/** The names on the way to what a part reads, where all are written out. */
function pathOf(node: Node): string[] | undefined {
  if (node.kind === 'name') return [node.name];
  if (node.kind === 'call') return [`${node.name}()`];
  if (node.kind !== 'access' || node.key.kind !== 'literal' || typeof node.key.value !== 'string') return undefined;
  const container = pathOf(node.container);
  return container === undefined ? undefined : [...container, node.key.value];
}

function* combinations([first, ...others]: readonly Guess[]): Generator<Value[]> {
  if (first === undefined) {
    yield [];
    return;
  }
  for (const rest of combinations(others)) {
    for (const value of 'exact' in first ? [first.exact] : first.samples) yield [value, ...rest];
  }
}

const oneOfEachType = (values: readonly Value[]): Value[] =>
  [...new Set(values.map(typeOf))].map((type) => samples[type]);
