import { named } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import { isInteger, isNumeric, operandOf, type Integer, type Numeric } from '../number.ts';
import { typeOf, type Value, type ValueMap } from '../value.ts';

/** A function of the language. */
export interface BuiltIn {
  /** As it is written, e.g. `slice(value: string|array, start: integer, end?: integer)`, without the name. */
  signature: string;
  parameters: readonly Parameter[];
  /** How many of the parameters must be given. */
  required: number;
  /** The types of what it answers. */
  result: readonly ParameterType[];
  apply: (evaluation: Evaluation, ...values: Value[]) => Value;
}

export interface Parameter {
  name: string;
  types: readonly ParameterType[];
}

/** A type of {@link typeOf} by its name in messages; `integer` is a number without a fraction, and `any` everything. */
export type ParameterType = 'any' | 'bool' | 'number' | 'integer' | 'string' | 'array' | 'object' | 'null';

type ValueOf<Type> = Type extends 'string'
  ? string
  : Type extends 'number'
    ? Numeric
    : Type extends 'integer'
      ? Integer
      : Type extends 'bool'
        ? boolean
        : Type extends 'array'
          ? Value[]
          : Type extends 'object'
            ? ValueMap
            : Value;
type ValueOfAny<Types> = Types extends `${infer First}|${infer Rest}`
  ? ValueOf<First> | ValueOfAny<Rest>
  : ValueOf<Types>;
type Argument<P> = P extends `${string}?: ${infer Types}`
  ? ValueOfAny<Types> | undefined
  : P extends `${string}: ${infer Types}`
    ? ValueOfAny<Types>
    : never;
type Arguments<P extends readonly string[]> = { [Index in keyof P]: Argument<P[Index]> };

/** Defines a function by its parameters, each `name: types` or, for what may be left out, `name?: types`. Numbers arrive as
 *  operands (see {@link operandOf}). */
export function define<const P extends readonly string[]>(
  parameters: P,
  result: string,
  apply: (evaluation: Evaluation, ...values: Arguments<P>) => Value,
): BuiltIn {
  return {
    signature: `(${parameters.join(', ')})`,
    parameters: parameters.map((text) => {
      const [name = '', types = ''] = text.split(/\??: /);
      return { name, types: types.split('|') as ParameterType[] };
    }),
    required: parameters.filter((text) => !text.includes('?: ')).length,
    result: result.split('|') as ParameterType[],
    apply: apply as BuiltIn['apply'],
  };
}

/** What is wrong with a number of arguments, if anything. */
export function argumentCountProblem(name: string, builtIn: BuiltIn, given: number): string | undefined {
  const { parameters, required, signature } = builtIn;
  if (given >= required && given <= parameters.length) return undefined;
  const takes = required === parameters.length ? String(required) : `${required} to ${parameters.length}`;
  const noun = parameters.length === 1 ? 'argument' : 'arguments';
  return `${name} takes ${takes} ${noun}, not ${given}: ${name}${signature}`;
}

/** Calls a function with evaluated arguments, whose number is right.
 *  @param places where the arguments stand, for errors. */
export function callBuiltIn(
  name: string,
  builtIn: BuiltIn,
  values: readonly Value[],
  places: readonly { start: number }[],
  evaluation: Evaluation,
): Value {
  const call = evaluation.at;
  const taken = values.map((value, index) => {
    evaluation.at = places[index]?.start ?? call;
    const types = builtIn.parameters[index]?.types ?? [];
    const operand = isNumeric(value) && takesNumbers(types) ? operandOf(value, evaluation) : value;
    if (!fits(operand, types)) evaluation.fail('type', wrongArgument(name, builtIn, index, operand));
    return operand;
  });
  evaluation.at = call;
  return builtIn.apply(evaluation, ...taken);
}

const takesNumbers = (types: readonly ParameterType[]): boolean =>
  types.includes('number') || types.includes('integer');

const fits = (value: Value, types: readonly ParameterType[]): boolean =>
  types.some((type) =>
    type === 'integer' ? isNumeric(value) && isInteger(value) : type === 'any' || type === typeOf(value),
  );

function wrongArgument(name: string, builtIn: BuiltIn, index: number, value: Value): string {
  const { name: parameter, types } = builtIn.parameters[index] ?? { name: '', types: [] };
  const expected = types.map((type) => phrases[type]).join(' or ');
  return `${name} takes ${expected} for "${parameter}", not ${named(value)}${advice(types, value)}`;
}

function advice(types: readonly ParameterType[], value: Value): string {
  if (value === null) return '; test for null first, or use get(value, key, default)';
  if (types.includes('integer') && typeOf(value) === 'number') return '; int(x) cuts the fraction off';
  if (types.includes('number') && typeOf(value) === 'string') return '; number(text) makes a number';
  if (types.includes('string') && typeOf(value) === 'number') return '; string(x) makes a string';
  return '';
}

const phrases: Record<ParameterType, string> = {
  any: 'any value',
  bool: 'a boolean',
  number: 'a number',
  integer: 'an integer',
  string: 'a string',
  array: 'a list',
  object: 'an object',
  null: 'null',
};
